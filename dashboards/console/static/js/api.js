// Questions to the console. Names and values go out, never SQL.

const TIMEOUT_MS = 20_000;

/** An answer that is not the one asked for; `code` is what the page translates. */
export class ApiError extends Error {
  constructor(code, remedy = "", problems = {}, item = null) {
    super(code);
    this.code = code;
    this.remedy = remedy;
    this.problems = problems; // of what was posted, by place in it
    this.item = item; // as it is now, where somebody else was first
  }
}

/** Whether it is the connection that failed, so that asking again may help. */
export function isAway(error) {
  return error.code === "offline" || error.code === "database_away";
}

/** Which pages there are, in groups. */
export function pages() {
  return get("/api/pages");
}

export function boards() {
  return get("/api/dashboards");
}

export function board(uid) {
  return get(`/api/dashboards/${encodeURIComponent(uid)}`);
}

export function variables(uid) {
  return get(`/api/dashboards/${encodeURIComponent(uid)}/variables`);
}

export function panelData(uid, panelId, query, signal) {
  return get(`/api/dashboards/${encodeURIComponent(uid)}/panels/${panelId}/data?${query}`, signal);
}

/** What changed in the period: moments that every chart shows. */
export function annotations(uid, query) {
  return get(`/api/dashboards/${encodeURIComponent(uid)}/annotations?${query}`);
}

/** Whether labels can be saved here, by which edition of the guide, and what time it is there. */
export function labelling() {
  return get("/api/labelling");
}

/** Mentions to judge next. */
export function offer(ask) {
  return get("/api/labelling/offer", undefined, ask);
}

export function saveLabels(labels) {
  return get("/api/labels", undefined, { labels });
}

/** The items of a queue, "leads" or "care". */
export function queue(name, filters, signal) {
  return get(`/api/${name}?${new URLSearchParams(filters)}`, signal);
}

/** From now on a first reply is due after so many minutes. */
export function setTarget(minutes, made_by) {
  return get("/api/care/target", undefined, { minutes, made_by });
}

/** What people decided about one item. */
export function history(name, source, subject) {
  return get(`/api/${name}/history?${new URLSearchParams({ source, subject })}`);
}

/** One change of one item; an error of the code changed_meanwhile carries the item as it is now. */
export function change(name, event) {
  return get(`/api/${name}/change`, undefined, event);
}

/** What a post carries beside its body. */
export async function headersOf(path) {
  return { "content-type": "application/json" };
}

/** Ask the console something; throws ApiError. */
export async function get(path, signal, posted) {
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  const post = posted && {
    method: "POST",
    headers: await headersOf(path),
    body: JSON.stringify(posted),
  };
  let response;
  let body;
  try {
    const until = signal ? AbortSignal.any([signal, limit]) : limit;
    response = await fetch(path, { ...post, signal: until });
    body = await response.json();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError("offline");
  }
  if (!response.ok) throw new ApiError(body.code ?? "internal", body.remedy, body.problems, body.item);
  return body;
}
