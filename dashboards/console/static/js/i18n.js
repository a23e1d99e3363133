// The page's own words in Spanish and English, and the choice between the two halves of a text
// of the dashboard ("Menciones · Mentions").

const WORDS = {
  es: {
    skip: "Saltar al contenido",
    range: "Periodo",
    all: "Todo",
    chosen: (count) => `${count} valores`,
    clear: "Quitar filtro",
    nothingToChoose: "Nada que elegir todavía",
    refresh: "Refresco",
    off: "Manual",
    pause: "Pausar",
    resume: "Reanudar",
    reload: "Actualizar ahora",
    moreColumns: "Más columnas",
    asTable: "Ver como tabla",
    asChart: "Ver como gráfica",
    about: "Qué muestra",
    empty: "Sin datos todavía en este periodo. Prueba uno más largo o quita filtros.",
    emptyStat: "Sin datos todavía",
    loading: "Cargando…",
    time: "Momento",
    total: "Total",
    link: "Enlace",
    good: "Bien",
    warn: "Atención",
    bad: "Mal",
    live: (value) => `Al día · ${value}`,
    slow: (value) => `Con retraso · ${value}`,
    quiet: "Nada nuevo en 15 min",
    paused: "En pausa",
    away: "Sin conexión; se reintenta",
    connecting: "Conectando…",
    connected: "Conectada",
    stale: (seconds) => `Datos de hace ${seconds} s`,
    themeToDark: "Cambiar a oscuro",
    themeToLight: "Cambiar a claro",
    otherLanguage: "English",
    pages: "Páginas",
    menu: "Menú",
    groups: { look: "Paneles", work: "Trabajo" },
    missing: "Aquí no hay nada",
    missingHelp: (path) => `La dirección ${path} no lleva a ninguna página. Esto es lo que hay:`,
    noBoards: "No hay ningún panel generado. Ejecuta python -m dashboards.build.",
    page: (title) => `${title} – Escucha`,
    ranges: {
      "now-15m": "Últimos 15 minutos",
      "now-1h": "Última hora",
      "now-6h": "Últimas 6 horas",
      "now-24h": "Últimas 24 horas",
      "now-7d": "Últimos 7 días",
      "now-30d": "Últimos 30 días",
      "now-90d": "Últimos 90 días",
    },
    custom: "Periodo de la dirección",
    errors: {
      offline: ["No se llega a la consola.", "Comprueba que sigue en marcha; se reintenta sola."],
      database_away: ["ClickHouse no responde.", "Puede estar arrancando; se reintenta sola."],
      not_migrated: ["Las tablas aún no existen.", "Ejecuta escucha migrate."],
      query_too_big: ["ClickHouse tardó demasiado.", "Elige un periodo más corto o menos fuentes."],
      query_refused: ["ClickHouse rechazó la consulta.", ""],
      bad_request: ["Esa selección no vale.", "Elige otro periodo u otros valores."],
      not_found: ["Ese panel no existe.", "Recarga la página."],
      bad_labels: ["Algunas etiquetas no valen.", ""],
      no_labels: [
        "Esta consola no admite etiquetas.",
        "Ha de escuchar en 127.0.0.1 o iniciarse con ESCUCHA_CONSOLE_LABELS=yes.",
      ],
      labels_away: [
        "Las etiquetas aún no se pueden guardar.",
        "Comprueba con escucha status que Kafka funciona; siguen en este navegador y se reintenta.",
      ],
      no_desk: [
        "Desde esta consola no se puede cambiar nada.",
        "Ha de escuchar en 127.0.0.1 o iniciarse con ESCUCHA_CONSOLE_LABELS=yes.",
      ],
      changed_meanwhile: ["Otra persona lo cambió antes.", "Mira cómo está ahora y decide de nuevo."],
      desk_away: ["El cambio no se ha podido guardar.", "ClickHouse no responde; prueba otra vez."],
      not_allowed: ["Tu cuenta no puede hacer eso.", "Pide otro papel a quien administra."],
      csrf: ["La sesión ha cambiado.", "Recarga la página."],
      busy: ["Demasiada gente hace esto a la vez.", "Vuelve a intentarlo en un rato."],
      bad_rule: ["La búsqueda no se entiende.", "Corrígela en los sitios marcados."],
      no_search: ["Esta consola no tiene con qué buscar.", "Iníciala con escucha console."],
      refused: ["La consola no atiende esa petición.", "Ábrela como localhost."],
      internal: ["La consola falló.", "Mira su registro."],
    },
  },
  en: {
    skip: "Skip to content",
    range: "Period",
    all: "All",
    chosen: (count) => `${count} values`,
    clear: "Clear filter",
    nothingToChoose: "Nothing to choose yet",
    refresh: "Refresh",
    off: "Manual",
    pause: "Pause",
    resume: "Resume",
    reload: "Refresh now",
    moreColumns: "More columns",
    asTable: "View as table",
    asChart: "View as chart",
    about: "What it shows",
    empty: "No data yet in this period. Try a longer one or remove filters.",
    emptyStat: "No data yet",
    loading: "Loading…",
    time: "Time",
    total: "Total",
    link: "Link",
    good: "Good",
    warn: "Watch",
    bad: "Bad",
    live: (value) => `Up to date · ${value}`,
    slow: (value) => `Running late · ${value}`,
    quiet: "Nothing new in 15 min",
    paused: "Paused",
    away: "Disconnected; retrying",
    connecting: "Connecting…",
    connected: "Connected",
    stale: (seconds) => `Data from ${seconds} s ago`,
    themeToDark: "Switch to dark",
    themeToLight: "Switch to light",
    otherLanguage: "Español",
    pages: "Pages",
    menu: "Menu",
    groups: { look: "Dashboards", work: "Work" },
    missing: "Nothing is here",
    missingHelp: (path) => `The address ${path} leads to no page. This is what there is:`,
    noBoards: "No dashboard has been generated. Run python -m dashboards.build.",
    page: (title) => `${title} – Escucha`,
    ranges: {
      "now-15m": "Last 15 minutes",
      "now-1h": "Last hour",
      "now-6h": "Last 6 hours",
      "now-24h": "Last 24 hours",
      "now-7d": "Last 7 days",
      "now-30d": "Last 30 days",
      "now-90d": "Last 90 days",
    },
    custom: "Period of the address",
    errors: {
      offline: ["The console cannot be reached.", "Check that it is running; the page keeps trying."],
      database_away: ["ClickHouse does not answer.", "It may be starting; the page keeps trying."],
      not_migrated: ["The tables are not there yet.", "Run escucha migrate."],
      query_too_big: ["ClickHouse took too long.", "Choose a shorter period or fewer sources."],
      query_refused: ["ClickHouse refused the query.", ""],
      bad_request: ["That selection is not valid.", "Choose another period or other values."],
      not_found: ["There is no such panel.", "Reload the page."],
      bad_labels: ["Some labels are not valid.", ""],
      no_labels: [
        "This console takes no labels.",
        "It has to listen at 127.0.0.1, or be started with ESCUCHA_CONSOLE_LABELS=yes.",
      ],
      labels_away: [
        "Labels cannot be saved yet.",
        "See with escucha status whether Kafka runs; they are kept in this browser and sent again.",
      ],
      no_desk: [
        "Nothing can be changed from this console.",
        "It has to listen at 127.0.0.1, or be started with ESCUCHA_CONSOLE_LABELS=yes.",
      ],
      changed_meanwhile: ["Somebody else changed it first.", "See how it is now, then decide again."],
      desk_away: ["The change could not be saved.", "ClickHouse does not answer; try again."],
      not_allowed: ["Your account may not do that.", "Ask an admin for another role."],
      csrf: ["The session has changed.", "Reload the page."],
      busy: ["Too many people do this at once.", "Try again in a while."],
      bad_rule: ["The search cannot be read.", "Correct it at the places that are marked."],
      no_search: ["This console has nothing to search with.", "Start it with escucha console."],
      refused: ["The console does not serve that request.", "Open it as localhost."],
      internal: ["The console failed.", "See its log."],
    },
  },
};

let language = "es";

export function setLanguage(value) {
  language = value === "en" ? "en" : "es";
}

export function currentLanguage() {
  return language;
}

export function preferredLanguage() {
  const wanted = navigator.languages ?? [navigator.language];
  const known = wanted.map((tag) => tag.slice(0, 2)).find((tag) => tag === "es" || tag === "en");
  return known ?? "en";
}

/** A word of the page; functions take what they speak about. */
export function t(key, ...values) {
  const word = WORDS[language][key];
  return typeof word === "function" ? word(...values) : word;
}

/** The half of a dashboard's text that is in the page's language. */
export function pick(text = "") {
  for (const between of ["\n\n", " · "]) {
    const halves = text.split(between);
    if (halves.length === 2) return halves[language === "es" ? 0 : 1];
  }
  return text;
}

/** What happened and what helps, for an error of the API. */
export function explain(error) {
  const [what, help] = WORDS[language].errors[error.code] ?? WORDS[language].errors.internal;
  return { what, help: help || error.remedy || "" };
}
