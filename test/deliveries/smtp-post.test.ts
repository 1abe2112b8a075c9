import { createServer, type AddressInfo, type Socket } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { Mail } from '#src/deliveries/mail/mail.ts';
import { smtpPost } from '#src/deliveries/mail/smtp-post.ts';
import { startSmtp, type MailSink } from '#test/support/smtp.ts';

const mail = (id = '1', more: Partial<Mail> = {}): Mail => ({
  messageId: `<${id}@id.example>`,
  to: { name: 'Ada', address: 'ada@northwind.example' },
  subject: 'Subject',
  text: 'Text',
  html: '<p>Text</p>',
  ...more,
});

describe('mail by SMTP', () => {
  let sink: MailSink;
  beforeEach(async () => {
    sink = await startSmtp();
  });
  afterEach(() => sink.stop());
  const open = (port = sink.port, auth?: { user: string; pass: string }) =>
    smtpPost({ host: '127.0.0.1', port, secure: false, auth }, 'no-reply@northlight.example', { answerMs: 500, longestMs: 1500 });

  it('opens five connections at most, however much is to be sent and however slow the server', async () => {
    sink.delay(100);
    const post = open();
    await Promise.all(Array.from({ length: 30 }, (_, place) => post.send(mail(String(place)))));
    expect(sink.mails).toHaveLength(30);
    expect(sink.mostConnections()).toBeLessThanOrEqual(5);
    post.close();
  });

  it('gives up a server that says nothing, and one that trickles', async () => {
    const sockets = new Set<Socket>();
    const timers: NodeJS.Timeout[] = [];
    const listen = async (speak: (socket: Socket) => void): Promise<number> => {
      const server = createServer((socket) => {
        sockets.add(socket.on('error', () => {}));
        speak(socket);
      }).listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      server.unref();
      return (server.address() as AddressInfo).port;
    };
    const silent = await listen(() => {});
    const trickling = await listen((socket) => {
      socket.write('220 hello\r\n250-');
      timers.push(setInterval(() => socket.write('x'), 100));
    });
    for (const port of [silent, trickling]) {
      const post = open(port);
      const begun = performance.now();
      await expect(post.send(mail())).rejects.toMatchObject({ name: expect.not.stringContaining('Undeliverable') });
      expect(performance.now() - begun).toBeLessThan(2500);
      post.close();
    }
    timers.forEach(clearInterval);
    for (const socket of sockets) socket.destroy();
  });

  it.each([[550, 'Undeliverable'], [450, 'Error']])('takes a receiver refused with %d for %s', async (code, name) => {
    sink.refuse('ada@northwind.example', code);
    const post = open();
    await expect(post.send(mail())).rejects.toMatchObject({ name });
    post.close();
  });

  it.each([
    ['a line break in the subject', { subject: 'Hello\r\nBcc: evil@x.example\r\n\r\nbody' }],
    ['a line break in the name', { to: { name: 'Ada\r\nBcc: evil@x.example', address: 'ada@northwind.example' } }],
    ['an address in the name', { to: { name: 'Ada" <evil@x.example>, "', address: 'ada@northwind.example' } }],
    ['a line break in the Message-ID', { messageId: '<1@id.example>\r\nBcc: evil@x.example' }],
  ])('lets nobody add a header or a receiver by %s', async (_, more) => {
    const post = open();
    await post.send(mail('1', more));
    expect(sink.mails.map(({ to }) => to)).toEqual([['ada@northwind.example']]);
    expect(sink.mails[0]!.header('bcc')).toBeUndefined();
    post.close();
  });

  it.each(['ada@northwind.example>\r\nRCPT TO:<evil@x.example', 'ada@northwind.example, evil@x.example', 'evil@x.example <ada@northwind.example>'])('sends to nobody else by the address %j', async (address) => {
    const post = open();
    await post.send(mail('1', { to: { name: 'Ada', address } })).catch(() => {});
    expect(sink.mails.flatMap(({ to }) => to)).not.toContain('evil@x.example');
    post.close();
  });

  it('sends no password in the clear to another machine', async () => {
    const auth = { user: 'assent', pass: 'the password' };
    // This machine, by an address that does not say so.
    const post = smtpPost({ host: '0.0.0.0', port: sink.port, secure: false, auth }, 'no-reply@northlight.example', { answerMs: 500 });
    await expect(post.send(mail())).rejects.toMatchObject({ code: 'ETLS' });
    expect([sink.passwords, sink.mails]).toEqual([[], []]);
    post.close();

    const local = open(sink.port, auth);
    await local.send(mail());
    expect(sink.passwords).toEqual(['the password']);
    local.close();
  });
});
