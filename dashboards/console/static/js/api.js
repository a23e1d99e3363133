// Questions to the console. Names and values go out, never SQL.

const TIMEOUT_MS = 20_000;

/** An answer that is not the one asked for; `code` is what the page translates. */
export class ApiError extends Error {
  constructor(code, remedy = "") {
    super(code);
    this.code = code;
    this.remedy = remedy;
  }
}

/** Whether it is the connection that failed, so that asking again may help. */
export function isAway(error) {
  return error.code === "offline" || error.code === "database_away";
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

async function get(path, signal) {
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  let response;
  let body;
  try {
    response = await fetch(path, { signal: signal ? AbortSignal.any([signal, limit]) : limit });
    body = await response.json();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError("offline");
  }
  if (!response.ok) throw new ApiError(body.code ?? "internal", body.remedy);
  return body;
}
