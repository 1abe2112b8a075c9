/** A browser as far as the server sees one: cookies, redirects, forms. No rendering, no JavaScript. */
export interface HttpBrowser {
  /** Opens an address and follows redirects, up to the first that leads to an address beginning with `stopAt`. */
  open(url: string | URL, options?: OpenOptions): Promise<HttpPage>;
  /** Sends a form as a click on one of its buttons would. */
  submit(page: HttpPage, click: Click, options?: OpenOptions): Promise<HttpPage>;
  /** The value of the cookie with this name for this address. */
  cookie(url: string | URL, name: string): string | undefined;
  /** All cookies for this address, as a `Cookie` header. */
  cookies(url: string | URL): string;
}

export interface OpenOptions {
  readonly stopAt?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HttpPage {
  /** Where the browser ended, or would have gone if it had not been told to stop. */
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
  readonly forms: readonly HtmlForm[];
}

export interface Click {
  /** The text of the button. Also says which form is meant. */
  readonly button: string | RegExp;
  readonly fill?: Readonly<Record<string, string>>;
  /** Boxes to tick and untick, as `name` or `name=value`. */
  readonly tick?: readonly string[];
  readonly untick?: readonly string[];
}

interface Control {
  readonly name: string;
  readonly value: string;
  readonly box: boolean;
  readonly checked: boolean;
}

export interface HtmlForm {
  readonly method: string;
  readonly action: string;
  readonly controls: readonly Control[];
  readonly buttons: readonly { readonly text: string; readonly name: string; readonly value: string }[];
}

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly host: string;
  readonly path: string;
}

const MOST_REDIRECTS = 12;

export function createHttpBrowser(): HttpBrowser {
  let jar: Cookie[] = [];

  const matching = (url: URL) =>
    jar.filter(({ host, path }) => host === url.hostname && (url.pathname === path || url.pathname.startsWith(path.replace(/\/?$/, '/'))));

  const keep = (url: URL, headers: Headers) => {
    for (const line of headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(/;\s*/);
      const [name = '', value = ''] = split(pair, '=');
      const fields = new Map(attributes.map((text) => split(text, '=')).map(([key, text]) => [key.toLowerCase(), text]));
      const cookie = { name, value, host: url.hostname, path: fields.get('path') ?? '/' };
      jar = jar.filter((old) => old.name !== name || old.host !== cookie.host || old.path !== cookie.path);
      const gone = fields.get('max-age') === '0' || Date.parse(fields.get('expires') ?? '') < Date.now();
      if (!gone) jar.push(cookie);
    }
  };

  const header = (url: URL): string => matching(url).map(({ name, value }) => `${name}=${value}`).join('; ');

  const send = async (target: URL, init: RequestInit, { stopAt, headers }: OpenOptions): Promise<HttpPage> => {
    let url = target;
    let request = init;
    for (let hop = 0; hop <= MOST_REDIRECTS; hop += 1) {
      const cookie = header(url);
      const sent = { accept: 'text/html', ...(cookie !== '' && { cookie }), ...headers, ...(request.headers as object) };
      const response = await fetch(url, { ...request, headers: sent, redirect: 'manual' });
      keep(url, response.headers);
      const location = response.headers.get('location');
      const { status } = response;
      const html = await response.text();
      if (location === null || status < 300 || status > 399) return { url, status, headers: response.headers, html, forms: formsIn(html) };
      const next = new URL(location, url);
      if (stopAt !== undefined && next.href.startsWith(stopAt)) return { url: next, status, headers: response.headers, html, forms: [] };
      request = [307, 308].includes(status) ? request : { method: 'GET' };
      url = next;
    }
    throw new Error(`More than ${MOST_REDIRECTS} redirects from ${target.href}`);
  };

  return {
    open: (url, options = {}) => send(new URL(url), { method: 'GET' }, options),

    submit(page, { button, fill = {}, tick = [], untick = [] }, options = {}) {
      const pressed = page.forms
        .flatMap((form) => form.buttons.map((candidate) => ({ form, candidate })))
        .find(({ candidate }) => (typeof button === 'string' ? candidate.text === button : button.test(candidate.text)));
      if (pressed === undefined) throw new Error(`No button ${button} on ${page.url.href}: ${page.html}`);
      const { form, candidate } = pressed;
      const body = new URLSearchParams();
      for (const { name, value, box, checked } of form.controls) {
        const named = (list: readonly string[]) => list.includes(name) || list.includes(`${name}=${value}`);
        if (box ? (checked || named(tick)) && !named(untick) : name !== '') body.append(name, fill[name] ?? value);
      }
      const fields = new Set(form.controls.flatMap(({ name, value }) => [name, `${name}=${value}`]));
      const missing = [...Object.keys(fill), ...tick, ...untick].find((name) => !fields.has(name));
      if (missing !== undefined) throw new Error(`No field ${missing} on ${page.url.href}: ${page.html}`);
      if (candidate.name !== '') body.append(candidate.name, candidate.value);
      const action = new URL(form.action, page.url);
      if (form.method === 'get') return send(new URL(`?${body}`, action), { method: 'GET' }, options);
      const headers = { origin: page.url.origin, 'sec-fetch-site': action.origin === page.url.origin ? 'same-origin' : 'cross-site' };
      return send(action, { method: 'POST', body: body.toString(), headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' } }, options);
    },

    cookie: (url, name) => matching(new URL(url)).find((cookie) => cookie.name === name)?.value,
    cookies: (url) => header(new URL(url)),
  };
}

const split = (text: string, at: string): [string, string] => {
  const position = text.indexOf(at);
  return position < 0 ? [text.trim(), ''] : [text.slice(0, position).trim(), text.slice(position + 1).trim()];
};

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#34': '"', '#39': "'" };
const decode = (text: string): string => text.replaceAll(/&(#?\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole);

const attribute = (tag: string, name: string): string | undefined => {
  const found = new RegExp(String.raw`\s${name}(?:="([^"]*)")?(?=[\s/>])`, 'i').exec(tag);
  return found === null ? undefined : decode(found[1] ?? '');
};

const selectsIn = (html: string): Control[] =>
  [...html.matchAll(/(<select\b[^>]*>)([\s\S]*?)<\/select>/gi)].map(([, tag = '', inside = '']) => {
    const options = [...inside.matchAll(/<option\b[^>]*>/gi)].map(([option]) => option);
    const chosen = options.find((option) => attribute(option, 'selected') !== undefined) ?? options[0] ?? '';
    return { name: attribute(tag, 'name') ?? '', value: attribute(chosen, 'value') ?? '', box: false, checked: false };
  });

const textAreasIn = (html: string): Control[] =>
  [...html.matchAll(/(<textarea\b[^>]*>)([\s\S]*?)<\/textarea>/gi)].map(([, tag = '', text = '']) => ({
    name: attribute(tag, 'name') ?? '', value: decode(text), box: false, checked: false,
  }));

/** Reads forms of our own templates, whose attributes stand in double quotes. */
function formsIn(html: string): HtmlForm[] {
  return [...html.matchAll(/(<form\b[^>]*>)([\s\S]*?)<\/form>/gi)].map(([, tag = '', inside = '']) => ({
    method: (attribute(tag, 'method') ?? 'get').toLowerCase(),
    action: attribute(tag, 'action') ?? '',
    controls: [...inside.matchAll(/<input\b[^>]*>/gi)]
      .map(([input]) => input)
      .filter((input) => attribute(input, 'disabled') === undefined)
      .map((input) => ({
        name: attribute(input, 'name') ?? '',
        value: attribute(input, 'value') ?? (attribute(input, 'type') === 'checkbox' ? 'on' : ''),
        box: ['checkbox', 'radio'].includes(attribute(input, 'type') ?? ''),
        checked: attribute(input, 'checked') !== undefined,
      }))
      .concat(selectsIn(inside), textAreasIn(inside)),
    buttons: [...inside.matchAll(/(<button\b[^>]*>)([\s\S]*?)<\/button>/gi)].map(([, button = '', label = '']) => ({
      text: decode(label.replaceAll(/<[^>]*>/g, ' ')).replaceAll(/\s+/g, ' ').trim(),
      name: attribute(button, 'name') ?? '',
      value: attribute(button, 'value') ?? '',
    })),
  }));
}
