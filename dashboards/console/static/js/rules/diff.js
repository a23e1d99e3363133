// What differs between two texts, line by line (Myers' shortest edit script).

const MAX_EDITS = 1_500; // beyond it the texts have little in common: old out, new in

/** Lines as [sign, text, oldNumber, newNumber]; sign is " ", "-" or "+". */
export function diff(before, after) {
  const old = linesOf(before);
  const now = linesOf(after);
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head++;
  let tail = 0;
  while (tail < old.length - head && tail < now.length - head && old.at(-1 - tail) === now.at(-1 - tail)) tail++;
  const edits = [
    ...old.slice(0, head).map(() => " "),
    ...script(old.slice(head, old.length - tail), now.slice(head, now.length - tail)),
    ...Array(tail).fill(" "),
  ];
  let oldAt = 0;
  let newAt = 0;
  return edits.map((sign) => {
    const text = sign === "+" ? now[newAt] : old[oldAt];
    if (sign !== "+") oldAt++;
    if (sign !== "-") newAt++;
    return [sign, text, sign === "+" ? null : oldAt, sign === "-" ? null : newAt];
  });
}

function linesOf(text) {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Signs in order, by the furthest point reached on each diagonal with so many edits. */
function script(old, now) {
  const all = [...old.map(() => "-"), ...now.map(() => "+")];
  if (!old.length || !now.length) return all;
  const most = Math.min(old.length + now.length, MAX_EDITS);
  let reached = new Map([[1, 0]]);
  const trail = [];
  for (let edits = 0; edits <= most; edits++) {
    trail.push(reached);
    const next = new Map(reached);
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const goesDown = diagonal === -edits || (diagonal !== edits && (reached.get(diagonal - 1) ?? -1) < (reached.get(diagonal + 1) ?? -1));
      let x = goesDown ? reached.get(diagonal + 1) : reached.get(diagonal - 1) + 1;
      while (x < old.length && x - diagonal < now.length && old[x] === now[x - diagonal]) x++;
      next.set(diagonal, x);
      if (x >= old.length && x - diagonal >= now.length) return back(trail, old.length, now.length);
    }
    reached = next;
  }
  return all;
}

function back(trail, oldLength, newLength) {
  const signs = [];
  let x = oldLength;
  let y = newLength;
  for (let edits = trail.length - 1; edits >= 0; edits--) {
    const reached = trail[edits];
    const diagonal = x - y;
    const goesDown = diagonal === -edits || (diagonal !== edits && (reached.get(diagonal - 1) ?? -1) < (reached.get(diagonal + 1) ?? -1));
    const from = goesDown ? diagonal + 1 : diagonal - 1;
    const fromX = edits ? reached.get(from) : 0;
    const fromY = edits ? fromX - from : 0;
    while (x > fromX && y > fromY) {
      signs.push(" ");
      x--;
      y--;
    }
    if (!edits) break;
    signs.push(goesDown ? "+" : "-");
    x = fromX;
    y = fromY;
  }
  return signs.reverse();
}
