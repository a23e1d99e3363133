// Where the dashboards' links lead. They are written for Grafana, which puts the console's address
// in front; here they stay where they are.

let period = { from: "now-24h", to: "now" };

/** The period that links carry along. */
export function setPeriod({ from, to }) {
  period = { from, to };
}

/** The address of a link for one row, or null where it has nothing to lead to. */
export function addressOf(link, value, row = {}) {
  let known = true;
  const address = link.url.replace(/\$\{([^}]+)\}/g, (_, expression) => {
    const [name, format] = expression.split(":");
    if (name === "console") return "";
    if (name === "__url_time_range") return new URLSearchParams(period).toString();
    const found = name === "__value.raw" ? value : row[name.replace(/^__data\.fields\./, "")];
    if (found === undefined || found === null || found === "" || found === "—") known = false;
    return format === "percentencode" ? encodeURIComponent(found ?? "") : String(found ?? "");
  });
  return known ? address : null;
}

/** Whether a link stays within the console. */
export function isOurs(link) {
  return link.url.startsWith("${console}/");
}
