// Away and back: a server that restarts, a page that reloads, a tab that was duplicated.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { area, eventually, find, gone, launch, open, row, tab } from './page.mjs';
import { Server, folder, someone } from './server.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

const deviceId = async (page) => {
  await area(page, 'You').click();
  return page.locator('dt', { hasText: 'Device' }).locator('xpath=following-sibling::dd').textContent();
};

async function fileServer(t) {
  const store = `sqlite:${join(await folder(t), 'foyer.db')}`;
  const server = await Server.start({ store, args: ['--drain-time=500ms'] });
  t.after(() => server.stop());
  return server;
}

test('the server is killed and comes back: said quietly, nothing lost, nothing shown twice', async (t) => {
  const server = await fileServer(t);
  const [anaName, boName] = [someone('Ana'), someone('Bo')];
  const bo = await open(browser, server, boName, { offline: true });
  const ana = await open(browser, server, anaName, { offline: true });
  await (await find(ana.page, boName)).getByRole('button', { name: 'Connect', exact: true }).click();
  await bo.page.getByTestId('toast').getByRole('button', { name: 'Dismiss' }).click();
  await tab(bo.page, /^Invitations/).click();
  await row(bo.page, anaName).waitFor();

  await server.halt();
  for (const { page } of [ana, bo]) await page.getByTestId('offline').waitFor();
  await row(bo.page, anaName).getByRole('button', { name: 'Accept' }).click();
  await bo.page.getByTestId('notice').getByText('You’re offline').waitFor();
  assert.equal(await row(bo.page, anaName).count(), 1, 'what was there is still shown');

  await server.run();
  for (const { page } of [ana, bo]) await gone(page.getByTestId('offline'));
  await row(bo.page, anaName).getByRole('button', { name: 'Accept' }).click();
  await ana.page.getByTestId('toast').getByText('accepted your request').waitFor();
  assert.equal(await bo.toasts(), 1);
  await ana.close();
  await bo.close();
});

test('a change made while the page was away is there when it is back, without a toast for what is over', async (t) => {
  const server = await fileServer(t);
  const [anaName, boName] = [someone('Ana'), someone('Bo')];
  const ana = await open(browser, server, anaName, { offline: true });
  const anaId = (await server.token(anaName)).user.id;
  await tab(ana.page, /^Invitations/).click();
  // The server's restart ends the socket, and the browser lets no new one through.
  await ana.context.setOffline(true);
  await server.halt();
  await ana.page.getByTestId('offline').waitFor();
  await server.run();
  const bo = await server.device(boName);
  await bo.call('invitation.send', { to: { user_id: anaId } });
  await bo.call('invitation.withdraw', { user_id: anaId });
  const cy = await server.device(someone('Cy'));
  await cy.call('invitation.send', { to: { user_id: anaId } });
  assert.equal(await ana.page.getByTestId('offline').count(), 1);
  await ana.context.setOffline(false);
  await row(ana.page, cy.hello.user.name).waitFor();
  await ana.page.getByTestId('toast').getByText(cy.hello.user.name).waitFor();
  assert.equal(await row(ana.page, boName).count(), 0);
  assert.equal(await ana.toasts(), 1, 'none for what was withdrawn meanwhile');
  await ana.close();
});

test('a reload resumes the device; a duplicated tab is another one', async (t) => {
  const server = await fileServer(t);
  const ana = await open(browser, server, someone('Ana'));
  const first = await deviceId(ana.page);
  await ana.page.reload();
  await ana.page.getByRole('button', { name: /^People/ }).waitFor();
  assert.equal(await deviceId(ana.page), first, 'after a reload');

  // What the browser does when a tab is duplicated: another page with a copy of the session storage.
  const copy = await ana.page.evaluate(() => ({ ...sessionStorage }));
  const twin = await ana.context.newPage();
  await twin.addInitScript((items) => {
    for (const [key, value] of Object.entries(items)) sessionStorage.setItem(key, value);
  }, copy);
  await twin.goto(ana.page.url());
  const second = await deviceId(twin);
  assert.notEqual(second, first);
  assert.equal(await deviceId(ana.page), first, 'the original is left alone');
  assert.equal(await ana.page.getByText('Disconnected').count(), 0);
  await ana.close();
});

test('what was opened before there was a connection is filled once there is', async (t) => {
  const server = await fileServer(t);
  const bo = await server.device(someone('Bo'));
  await bo.call('session.create', { name: 'Den' });
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  let connect;
  const opened = new Promise((resolve) => (connect = resolve));
  await page.route('**/dev/token', async (route) => {
    await opened;
    await route.continue();
  });
  await page.goto(`${server.url}/tablet/#as=${encodeURIComponent(someone('Ana'))}`);
  await area(page, 'Sessions').click();
  connect();
  await row(page, 'Den').waitFor();
});

test('no token: a sign-in screen, which takes one', async (t) => {
  const server = await fileServer(t);
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(`${server.url}/tablet/`);
  await page.getByRole('heading', { name: 'Sign in to Foyer' }).waitFor();
  await page.getByLabel('Token').fill('not.a.token');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  const name = someone('Ana');
  const { token } = await server.token(name);
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await area(page, 'You').click();
  await page.getByRole('heading', { name }).waitFor();
});

test('an engine’s web view gives the token, or the page that embeds it posts one', async (t) => {
  const server = await fileServer(t);
  const name = someone('Ana');
  const { token } = await server.token(name);
  const context = await browser.newContext();
  t.after(() => context.close());
  const view = await context.newPage();
  await view.addInitScript((value) => (window.foyerToken = async () => value), token);
  await view.goto(`${server.url}/tablet/`);
  await view.getByRole('button', { name: `You, ${name}` }).waitFor();

  const opener = await context.newPage();
  await opener.goto(`${server.url}/tablet/nothing`);
  const popup = context.waitForEvent('page');
  await opener.evaluate(
    ([url, value]) => {
      addEventListener('message', ({ data, source }) => {
        if (data?.type === 'foyer.token_wanted') source.postMessage({ type: 'foyer.token', token: value }, origin);
      });
      open(url);
    },
    [`${server.url}/tablet/`, token],
  );
  await (await popup).getByRole('button', { name: `You, ${name}` }).waitFor();
});

test('a token about to end is replaced in place', async (t) => {
  const secret = 'a secret for this test alone, 32 bytes or more';
  const server = await Server.start({ args: [`--auth-secret=${secret}`] });
  t.after(() => server.stop());
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  // Ends in 62 s, so the server says after 2 s that it is about to.
  let given = 0;
  let closed = 0;
  await page.exposeFunction('foyerToken', () => sign(secret, { sub: 'ana', name: 'Ana', seconds: given++ ? 600 : 62 }));
  const refreshed = new Promise((resolve) => {
    page.on('websocket', (socket) => {
      socket.on('framesent', ({ payload }) => `${payload}`.includes('"token.refresh"') && resolve());
      socket.on('close', () => closed++);
    });
  });
  await page.goto(`${server.url}/tablet/`);
  await page.getByRole('button', { name: 'You, Ana' }).waitFor();
  await refreshed;
  assert.equal(given, 2);
  assert.equal(closed, 0);
});

function sign(secret, { seconds, ...claims }) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + seconds;
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ ...claims, exp })}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

test('an ordinary stop: the page waits as it is told and comes back', async (t) => {
  const server = await fileServer(t);
  const ana = await open(browser, server, someone('Ana'), { offline: true });
  await server.halt('SIGTERM');
  await ana.page.getByTestId('offline').waitFor();
  await server.run();
  await ana.page.getByRole('button', { name: 'Retry' }).click({ timeout: 1000 }).catch(() => {});
  await gone(ana.page.getByTestId('offline'));
  await eventually(async () => (await ana.page.getByTestId('notice').count()) === 0, 'no complaint');
  await ana.close();
});
