import { inspect } from 'node:util';

import { nearest } from './nearest.ts';
import { type Mode, type PlainSettings, SECRETS, type SecretSettings, type Setting, SETTINGS } from './table.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings that nobody may see. They are kept apart so that the rest can be printed. */
export type Secrets = SecretSettings & { toJSON(): string };
export type Settings = PlainSettings & { readonly secrets: Secrets };

/** Everything that is wrong with the settings, in one message. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The settings have ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** Settings from an environment, or a `SettingsError` with every problem. Reads nothing else and changes nothing. */
export function loadSettings(env: Environment): Settings {
  const problems: string[] = [];
  const report = (problem: string) => void problems.push(problem);

  const mode = modeOf(env);
  const plain = parseAll(SETTINGS, env, mode, report);
  const secret = parseAll(SECRETS, env, mode, report);
  unknownVariables(env).forEach(report);
  contradictions(env, mode, plain, secret).forEach(report);
  if (problems.length > 0) throw new SettingsError(problems);

  return { ...(plain as PlainSettings), mode, secrets: hidden(secret as SecretSettings) };
}

export const modeOf = (env: Environment): Mode =>
  (env['ASSENT_MODE'] ?? env['NODE_ENV']) === 'production' ? 'production' : 'development';

type Found<T> = { [K in keyof T]?: T[K] | undefined };

function parseAll<T extends object>(
  table: { readonly [K in keyof T]: Setting<T[K]> },
  env: Environment,
  mode: Mode,
  report: (problem: string) => void,
): Found<T> {
  const found: Found<T> = {};
  for (const name of Object.keys(table) as (keyof T)[]) {
    const { variable, parse } = table[name];
    const text = textOf(table[name], env, mode);
    if (text === null) {
      report(`${variable} must be set${mode === 'production' ? ' in production' : ''}.`);
      continue;
    }
    try {
      found[name] = parse(text);
    } catch (error) {
      // A fallback is wrong only because of another variable in it, which is reported already.
      if (env[variable]) report(`${variable} ${(error as Error).message}.`);
    }
  }
  return found;
}

function textOf(setting: Setting<unknown>, env: Environment, mode: Mode): string | null {
  const given = env[setting.variable];
  if (given !== undefined && given !== '') return given;
  const fallback = typeof setting.fallback === 'string' ? setting.fallback : setting.fallback[mode];
  return fallback?.replaceAll(/\$\{(\w+)\}/g, (_, other: string) => textOf(byVariable(other), env, mode) ?? '') ?? null;
}

const ALL: readonly Setting<unknown>[] = [...Object.values(SETTINGS), ...Object.values(SECRETS)];

function byVariable(variable: string): Setting<unknown> {
  const found = ALL.find((setting) => setting.variable === variable);
  if (found === undefined) throw new Error(`No setting is called ${variable}`);
  return found;
}

function unknownVariables(env: Environment): string[] {
  const known = ALL.map((setting) => setting.variable);
  return Object.keys(env)
    .filter((name) => name.startsWith('ASSENT_') && !known.includes(name))
    .map((name) => {
      const meant = nearest(name, known);
      return `${name} is not a setting.${meant === undefined ? '' : ` Did you mean ${meant}?`}`;
    });
}

/** Values that are fine alone and wrong together. */
function contradictions(env: Environment, mode: Mode, plain: Found<PlainSettings>, secret: Found<SecretSettings>): string[] {
  const { ttlRefreshToken, ttlRefreshFamily } = plain;
  const rules: [boolean, string][] = [
    [
      (ttlRefreshToken ?? 0) > (ttlRefreshFamily ?? Infinity),
      'ASSENT_TTL_REFRESH_TOKEN must not be longer than ASSENT_TTL_REFRESH_FAMILY.',
    ],
    [
      mode === 'development' && env['NODE_ENV'] === 'production',
      'ASSENT_MODE is development while NODE_ENV is production. Set one of them to what you mean.',
    ],
  ];
  const unsafe: [boolean, string][] = [
    [plain.issuer?.startsWith('https:') === false, 'ASSENT_ISSUER must begin with https: in production.'],
    [secret.master?.madeForDevelopment === true, 'ASSENT_SECRET was made for development. Make another for production.'],
    [
      Boolean(env['ASSENT_SMTP_URL']) && !env['ASSENT_MAIL_FROM'],
      'ASSENT_MAIL_FROM must be set when ASSENT_SMTP_URL is: receivers and their servers look at the sender.',
    ],
    [plain.demo === true, 'ASSENT_DEMO must not be true in production: everybody knows the demo passwords.'],
    [
      plain.redisAllowUnsafe === true,
      'ASSENT_REDIS_ALLOW_UNSAFE must not be true in production: acknowledged revocations could be lost.',
    ],
  ];
  return [...rules, ...(mode === 'production' ? unsafe : [])].filter(([broken]) => broken).map(([, problem]) => problem);
}

const HIDDEN = '[hidden]';

/** The secrets as properties that neither JSON nor `inspect` nor a spread shows. */
function hidden(secrets: SecretSettings): Secrets {
  const all = { ...secrets, toJSON: () => HIDDEN, [inspect.custom]: () => HIDDEN };
  const result = {};
  for (const name of Reflect.ownKeys(all) as (keyof typeof all)[]) {
    Object.defineProperty(result, name, { value: all[name], enumerable: false });
  }
  return Object.freeze(result) as Secrets;
}
