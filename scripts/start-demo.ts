/** `npm start`: Assent with the demo world, a sample app, a sample platform API; then where to click and who can sign in. */
import { loadDemoPlan, type DemoPlan } from '#src/demo/plan.ts';
import { keptDemoSecrets } from '#src/demo/kept-secrets.ts';
import { keptDevelopmentSecret } from '#src/settings/secret.ts';
import { loadSettings, SettingsError } from '#src/settings/settings.ts';

import { createChildren } from './children.ts';
import { answers, isFree } from './ports.ts';

const APP_PORT = 3001;
const PLATFORM_PORT = 3002;
const UNVERIFIED_APP_PORT = 3003;

const settings = settingsOrExit();
const { issuer } = settings;
const app = `http://127.0.0.1:${APP_PORT}`;
const unverifiedApp = `http://127.0.0.1:${UNVERIFIED_APP_PORT}`;
const platform = `http://127.0.0.1:${PLATFORM_PORT}`;
const plan = loadDemoPlan('config/demo-world.yaml');
const secrets = keptDemoSecrets('data/demo.json');

for (const port of [settings.port, APP_PORT, PLATFORM_PORT, UNVERIFIED_APP_PORT]) {
  if (!(await isFree(port))) stopWith(`Port ${port} of this machine is taken. Stop what listens there, then try again.`);
}

const children = createChildren((line) => console.log(line));
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void children.stop(signal).then(() => process.exit(0)));
}
const { ASSENT_SECRET: _, ...environment } = process.env;

console.log('Starting …');
children.start('assent', 'src/main.ts', { ASSENT_LOG_LEVEL: 'warn', ...process.env });
await ready('Assent', `http://127.0.0.1:${settings.port}/health/ready`);

children.start('platform', 'examples/platform-api/main.ts', {
  ...environment,
  ISSUER: issuer,
  AUDIENCE: plan.resourceServer.audience,
  CLIENT_ID: plan.resourceServer.id,
  CLIENT_SECRET: secrets.resourceServer,
  PORT: String(PLATFORM_PORT),
  DEMO_USERS: JSON.stringify(Object.fromEntries(plan.people.map(({ email, id }) => [email, id]))),
  DEMO_TENANTS: JSON.stringify(Object.fromEntries(plan.tenants.map(({ name, id }) => [name, id]))),
});
children.start('app', 'examples/scheduler-app/main.ts', {
  ...environment,
  ISSUER: issuer,
  NAME: plan.app.name,
  CLIENT_ID: plan.app.id,
  CLIENT_SECRET: secrets.app,
  PLATFORM_API: platform,
  BASE_URL: app,
  PORT: String(APP_PORT),
});
children.start('minutes', 'examples/scheduler-app/main.ts', {
  ...environment,
  ISSUER: issuer,
  NAME: plan.unverifiedApp.name,
  CLIENT_ID: plan.unverifiedApp.id,
  CLIENT_SECRET: secrets.unverifiedApp,
  PLATFORM_API: platform,
  BASE_URL: unverifiedApp,
  PERMISSIONS: 'meetings:read contacts:read',
  TENANT_PERMISSIONS: '',
  SITES: 'no',
  PORT: String(UNVERIFIED_APP_PORT),
});
await ready('The sample platform API', platform);
await ready('The sample app', app);
await ready('The second sample app', unverifiedApp);

console.log(whatToClick(plan));
const reason = await children.ended;
await children.stop('SIGTERM');
stopWith(`${reason}; everything else was stopped too.`);

async function ready(what: string, url: string): Promise<void> {
  if (await answers(url, { seconds: 30, giveUp: children.hasEnded })) return;
  await children.stop('SIGTERM');
  stopWith(`${what} did not start: see above.`);
}

function whatToClick({ people, tenants, groups, contexts, app: { id } }: DemoPlan): string {
  const meeting = `${issuer}/launch/${id}?context=${contexts[0]?.id}`;
  const [tenant] = tenants;
  const [group] = groups;
  const nameOf = (id: string) => tenants.find((tenant) => tenant.id === id)?.name ?? id;
  const who = people.map(({ email, roles }) => `  ${email.padEnd(24)} ${roles.map(({ tenant, role }) => `${role} of ${nameOf(tenant)}`).join(', ')}`);
  return `
Everything runs.

  The sample app       ${app}        start here
  A second app         ${unverifiedApp}        somebody has to approve it
  A meeting            ${meeting}
                       opens the app in it: Ada is its host, Ben takes part
  The platform itself  ${platform}        sites and lists, without any app
  The marketplace      ${issuer}/apps
  Your account         ${issuer}/account
  Administration       ${issuer}/admin/${tenant?.id}   as Chloe or Ada
  Mail                 ${issuer}/dev/mail   what would have been sent

Sign in as any of these, with the password  ${secrets.password}

${who.join('\n')}

Try this: connect the app as ben@northwind.example, once without and once with "Allow this app to use my shared access
permissions". Ada lets Ben see her meetings; only with the tick can the app see them too.

Then approval: connect the second app as dan@northwind.example and ask for it. Chloe gets mail and approves it, for the
group ${group?.name} if you like, and the mail to Dan leads back to where he stopped.

Then the organisation: as Chloe, choose "Install for the whole organisation" in the sample app, and whose data it may
reach. Look somebody else up there, and suspend it under Administration.

Then a meeting: open the address above as ben@northwind.example, and in a private window as Ada. The app may call other
things for the host than for who takes part; call one all the same and see the 403. Under Documents let it write in one list.

Everything is kept in data/: remove that folder to begin anew. Ctrl-C stops all of it.
`;
}

function settingsOrExit() {
  try {
    return loadSettings({ ...process.env, ASSENT_SECRET: process.env['ASSENT_SECRET'] ?? keptDevelopmentSecret('data/secret') });
  } catch (error) {
    return stopWith(error instanceof SettingsError ? error.message : String(error));
  }
}

function stopWith(message: string): never {
  console.error(message);
  process.exit(1);
}
