// How a line of rules is coloured. It only has to be near enough: what counts, the check says.

const WORDS =
  /(?<key>^\s*(?:- +)?(?:\{ *)?[\w-]+(?=:(?:\s|$)))|(?<op>\b(?:AND|OR|NOT|NEAR(?:\/\d+f?)?)\b|\b(?:lang|source|site|author|type|has|followers|case|exact):(?=\S))|(?<mark>[@#~][\p{L}\p{N}_]+)/gu;

/** For each line, whether it stands in a block of text (`rule: >`), where # is no comment. */
export function blocksOf(lines) {
  let indent = -1;
  return lines.map((line) => {
    const own = line.search(/\S/);
    if (own < 0) return indent >= 0;
    if (indent >= 0 && own > indent) return true;
    indent = /:\s*[>|][+-]?\d?\s*(?:#.*)?$/.test(line) ? own : -1;
    return false;
  });
}

/** The parts of a line as [text, class]; `wrongAt` is where a mistake begins, -1 without. */
export function parts(line, isBlock, wrongAt = -1) {
  const comment = isBlock ? -1 : commentAt(line);
  const end = comment < 0 ? line.length : comment;
  const spans = [];
  let at = 0;
  for (const match of line.slice(0, end).matchAll(WORDS)) {
    const name = Object.keys(match.groups).find((group) => match.groups[group] !== undefined);
    if (isBlock && name === "key") continue;
    spans.push([at, match.index, ""], [match.index, match.index + match[0].length, name]);
    at = match.index + match[0].length;
  }
  spans.push([at, end, ""], [end, line.length, "comment"]);
  return marked(line, spans, wrongAt).filter(([text]) => text);
}

function commentAt(line) {
  let quote = "";
  for (let at = 0; at < line.length; at++) {
    const letter = line[at];
    if (quote) {
      if (letter === quote) quote = "";
    } else if ((letter === "'" || letter === '"') && (at === 0 || /[\s[{,:(]/.test(line[at - 1]))) quote = letter;
    else if (letter === "#" && (at === 0 || /\s/.test(line[at - 1]))) return at;
  }
  return -1;
}

/** The same spans with the word at `wrongAt` marked as well. */
function marked(line, spans, wrongAt) {
  if (wrongAt < 0) return spans.map(([from, to, name]) => [line.slice(from, to), name]);
  const rest = line.slice(wrongAt).match(/^\s*\S*/)[0].length;
  const until = wrongAt + Math.max(rest, 1);
  return spans.flatMap(([from, to, name]) => {
    const [first, last] = [Math.max(from, wrongAt), Math.min(to, until)];
    if (first >= last) return [[line.slice(from, to), name]];
    return [
      [line.slice(from, first), name],
      [line.slice(first, last), `${name} wrong`.trim()],
      [line.slice(last, to), name],
    ];
  });
}
