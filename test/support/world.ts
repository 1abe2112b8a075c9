import { startAssent, startAssentProcesses, freePort, type Assent, type AssentOptions, type AssentProcess, type AssentServer, type InProcess } from './assent-server.ts';
import { createManagement, type Management } from './management.ts';
import { registerApp, type TestApp } from './register-app.ts';

export type { TestApp };

export interface Person {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly password: string;
}

/**
 * Two tenants: Northwind with ada (owner), ben, chloe and dan, and Contoso with erin (owner) and ben again. In
 * Northwind ada has delegated `meetings:read` to ben. Everything was made through the management API.
 */
export interface World<S extends AssentServer = AssentServer> {
  readonly assent: Assent<S>;
  readonly issuer: string;
  readonly manage: Management;
  readonly tenants: { readonly northwind: string; readonly contoso: string };
  readonly people: Readonly<Record<'ada' | 'ben' | 'chloe' | 'dan' | 'erin', Person>>;
  /** Ada lets ben read her meetings. */
  readonly delegation: string;
  readonly apps: {
    /**
     * Confidential. Needs `meetings:read`; may also ask for three optional permissions and use shared access. As itself it
     * needs `meetings.all:read`, which is put to review, and may ask for `rooms:read` and `directory:read`.
     */
    readonly scheduler: TestApp;
    /** Public, its developer not verified. Needs `calendar:read`, knows nothing of shared access. */
    readonly notes: TestApp;
  };
  readonly resourceServers: {
    readonly meetings: ResourceServerAccount;
    /** For no permission of the apps; a token that is meant for `meetings` is none of its business. */
    readonly archive: ResourceServerAccount;
  };
  stop(): Promise<void>;
}

export interface ResourceServerAccount {
  readonly id: string;
  readonly secret: string;
  readonly audience: string;
}

export interface WorldOptions extends AssentOptions {
  /** Where the scheduler lives, when something shall listen there. */
  readonly schedulerOrigin?: string;
}

export const PASSWORD = 'correct horse battery staple';

/** One server in this process, on SQLite unless `store` says otherwise. */
export const startWorld = async (options: WorldOptions & InProcess = {}): Promise<World> => populate(await startAssent(options), options);

/** Several server processes on one store. */
export const startWorldOfProcesses = async (count: number, options: WorldOptions = {}): Promise<World<AssentProcess>> =>
  populate(await startAssentProcesses(count, options), options);

async function populate<S extends AssentServer>(assent: Assent<S>, options: WorldOptions): Promise<World<S>> {
  const { issuer } = assent;
  const manage = await createManagement(issuer, assent.firstOperator);
  const person = async (name: string, email: string): Promise<Person> => {
    const { id } = await manage.post('/users', { email, name, password: PASSWORD });
    return { id, email, name, password: PASSWORD };
  };
  const resourceServer = async (name: string, audience: string): Promise<ResourceServerAccount> => {
    const { id, secret } = await manage.post('/resource-servers', { name, audience });
    return { id, secret, audience };
  };

  const [northwind, contoso] = await Promise.all(['Northwind', 'Contoso'].map(async (name) => (await manage.post('/tenants', { name })).id as string));
  const [ada, ben, chloe, dan, erin] = await Promise.all([
    person('Ada Lovelace', 'ada@northwind.example'),
    person('Ben Okafor', 'ben@northwind.example'),
    person('Chloe Martin', 'chloe@northwind.example'),
    person('Dan Silva', 'dan@northwind.example'),
    person('Erin Walsh', 'erin@contoso.example'),
  ]);
  const join = (tenant: string | undefined, { id }: Person, role = 'member') => manage.post(`/tenants/${tenant}/members`, { user: id, role });
  await Promise.all([join(northwind, ada, 'owner'), join(northwind, ben), join(northwind, chloe), join(northwind, dan)]);
  await Promise.all([join(contoso, erin, 'owner'), join(contoso, ben)]);
  const { id: delegation } = await manage.post(`/tenants/${northwind}/delegations`, {
    giver: ada.id,
    receiver: ben.id,
    permissions: ['meetings:read'],
  });

  const schedulerOrigin = options.schedulerOrigin ?? `http://127.0.0.1:${await freePort()}`;
  const scheduler = await registerApp(
    manage,
    { name: 'Scheduler Pro', developer: { name: 'Example Software', verified: true }, authMethod: 'client_secret_basic' },
    {
      redirectUris: [`${schedulerOrigin}/callback`],
      permissions: {
        user: { required: ['meetings:read'], optional: ['meetings:write', 'calendar:read', 'contacts:read'] },
        tenant: { required: ['meetings.all:read'], optional: ['rooms:read', 'directory:read'] },
      },
      sharedAccess: true,
    },
  );
  const notes = await registerApp(
    manage,
    { name: 'Notes', developer: { name: 'Somebody', verified: false }, authMethod: 'none' },
    { redirectUris: ['https://notes.example/callback'], permissions: { user: { required: ['calendar:read'], optional: [] } }, sharedAccess: false },
  );

  return {
    assent,
    issuer,
    manage,
    tenants: { northwind: northwind ?? '', contoso: contoso ?? '' },
    people: { ada, ben, chloe, dan, erin },
    delegation,
    apps: { scheduler, notes },
    resourceServers: {
      // The audience that the catalogue names.
      meetings: await resourceServer('Meetings API', 'http://127.0.0.1:3002'),
      archive: await resourceServer('Archive', 'https://archive.example'),
    },
    stop: () => assent.stop(),
  };
}
