// What Tab should reach, and what it has reached: of radio buttons with one name, one.
(() => {
  const wanted = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";
  const groups = new Set();
  const stops = [...document.querySelectorAll(wanted)].filter((element) => {
    if (element.tabIndex < 0 || element.disabled || !element.getClientRects().length) return false;
    if (!element.checkVisibility({ visibilityProperty: true }) || element.closest("[inert]")) return false;
    if (element.type !== "radio") return true;
    const chosen = document.querySelector(`input[name="${CSS.escape(element.name)}"]:checked`);
    if (chosen && chosen !== element) return false;
    return !groups.has(element.name) && groups.add(element.name);
  });
  // Of a long list of the same, its beginning and its end will do.
  const first = 25, last = 10;
  const asked = stops.length > first + last ? [...stops.slice(0, first), ...stops.slice(-last)] : stops;
  const named = (element) =>
    `${element.tagName.toLowerCase()}.${element.className} ${element.getAttribute("aria-label") ?? element.textContent.trim()}`.slice(0, 80);
  const outlined = (element) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
    return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 1) || boxShadow !== "none";
  };
  const reached = new Set();
  const unseen = new Set();
  const note = () => {
    const here = document.activeElement;
    if (!here || here === document.body) return;
    reached.add(here);
    // A control may leave the ring to the box it stands in.
    const boxes = [here, here.parentElement, here.parentElement?.parentElement];
    if (!boxes.some((box) => box && outlined(box))) unseen.add(named(here));
  };
  // Where the focus is, is noted as soon as it is there, however many keys are pressed meanwhile.
  note();
  document.addEventListener("focusin", note);
  window.stops = {
    /** Go on at the end of a long list. */
    jump: () => stops.at(-last).focus(),
    positive: () => stops.filter((stop) => stop.tabIndex > 0).map(named),
    /** True when everything has been reached. */
    done: () => asked.every((stop) => reached.has(stop) || !stop.isConnected),
    missed: () => asked.filter((stop) => !reached.has(stop) && stop.isConnected).map(named),
    unseen: () => [...unseen],
  };
  return stops.length > first + last ? [first, last] : [stops.length];
})();
