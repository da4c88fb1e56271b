// The three ways to cancel a pending request, and what the other side sees of it: nothing.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { action, area, eventually, find, gone, launch, open, panel, row, sizes, tab } from './page.mjs';
import { Server, next, someone } from './server.mjs';

let server;
let browser;
before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Ana has asked Bo, whose tablet shows the invitation; one toast came with it. */
async function asked(t, { size = sizes.tablet } = {}) {
  const [anaName, boName] = [someone('Ana'), someone('Bo')];
  const [bo, boId] = [await open(browser, server, boName), (await server.token(boName)).user.id];
  const ana = await open(browser, server, anaName, { size });
  t.after(() => Promise.allSettled([ana.context.close(), bo.context.close()]));
  const found = await find(ana.page, boName);
  await found.getByRole('button', { name: 'Connect', exact: true }).click();
  await found.getByTestId('cancel-cross').waitFor();
  await bo.page.getByTestId('toast').waitFor();
  await bo.page.getByTestId('toast').getByRole('button', { name: 'Dismiss' }).click();
  await tab(bo.page, /^Invitations/).click();
  await row(bo.page, anaName).waitFor();
  return { ana, bo, anaName, boName, boId, found };
}

/** Bo's row, badge and panel are gone, without a word. */
async function sawItVanish({ ana, bo, anaName }) {
  await gone(row(bo.page, anaName));
  assert.equal(await bo.page.getByTestId('unseen').count(), 0);
  assert.equal(await bo.toasts(), 1, 'only the toast of the request itself');
  assert.equal(await bo.page.getByTestId('notice').count(), 0);
  await ana.close();
  await bo.close();
}

test('one tap in the focus panel', async (t) => {
  const story = await asked(t);
  const { ana, bo, anaName, found } = story;
  await row(bo.page, anaName).getByRole('button', { name: anaName }).click();
  await action(bo.page, 'accept').waitFor();
  await found.getByRole('button').first().click();
  await action(ana.page, 'withdraw').click();
  await action(ana.page, 'invite').waitFor();
  await gone(ana.page.getByTestId('focus-relation'));
  // Bo's open panel follows.
  await gone(action(bo.page, 'accept'));
  await action(bo.page, 'invite').waitFor();
  await sawItVanish(story);
});

test('one tap on the cross of a search result', async (t) => {
  const story = await asked(t);
  await story.found.getByTestId('cancel-cross').click();
  await story.found.getByRole('button', { name: 'Connect', exact: true }).waitFor();
  await sawItVanish(story);
});

test('several on the Invitations page, after a question', async (t) => {
  const story = await asked(t);
  const { ana, boName } = story;
  const others = [someone('Cy'), someone('Di')];
  for (const name of others) {
    await server.device(name);
    await (await find(ana.page, name)).getByRole('button', { name: 'Connect', exact: true }).click();
    await row(ana.page, name).getByTestId('cancel-cross').waitFor();
  }
  await tab(ana.page, /^Invitations/).click();
  const sent = ana.page.getByRole('list', { name: 'Sent connection requests' });
  await eventually(async () => (await sent.getByRole('listitem').count()) === 3, 'three sent requests');
  await sent.getByRole('checkbox', { name: boName }).check();
  await sent.getByRole('checkbox', { name: others[0] }).check();
  await ana.page.getByTestId('cancel-selected').click();
  const dialog = ana.page.getByRole('dialog', { name: 'Cancel 2 requests?' });
  await dialog.getByRole('button', { name: 'Keep them' }).click();
  await gone(dialog);
  assert.equal(await sent.getByRole('listitem').count(), 3, 'nothing happens without a yes');
  await ana.page.getByTestId('cancel-selected').click();
  await dialog.getByRole('button', { name: 'Cancel 2 requests' }).click();
  await gone(row(ana.page, boName));
  await eventually(async () => (await sent.getByRole('listitem').count()) === 1, 'one is left');
  await ana.page.getByRole('checkbox', { name: 'Select all' }).check();
  await ana.page.getByTestId('cancel-selected').click();
  await ana.page.getByRole('dialog').getByRole('button', { name: 'Cancel request' }).click();
  await ana.page.getByText('No open requests').waitFor();
  await sawItVanish(story);
});

test('all of them, though the list shows only the first page', async (t) => {
  const name = someone('Ana');
  const helper = await server.device(name);
  for (let i = 0; i < 55; i++) await helper.call('invitation.send', { to: { email: `${i}.${helper.hello.device_id}@example.org` } });
  const ana = await open(browser, server, name);
  t.after(() => ana.context.close());
  await tab(ana.page, /^Invitations/).click();
  assert.match(await ana.page.getByTestId('sent-total').textContent(), /55/);
  await ana.page.getByRole('checkbox', { name: 'Select all' }).check();
  await ana.page.getByTestId('cancel-selected').click();
  await ana.page.getByRole('dialog', { name: 'Cancel 55 requests?' }).getByRole('button', { name: 'Cancel 55 requests' }).click();
  await ana.page.getByText('No open requests').waitFor();
  assert.equal((await helper.call('invitation.list', { box: 'sent' })).total, 0);
  await ana.close();
});

test('on a phone the panel is a sheet that gives the focus back', async (t) => {
  const story = await asked(t, { size: sizes.phone });
  const { ana, found } = story;
  await found.getByRole('button').first().click();
  const sheet = ana.page.getByRole('dialog', { name: story.boName });
  await sheet.getByTestId('action-withdraw').getByRole('button').click();
  await sheet.getByTestId('action-invite').waitFor();
  await ana.page.keyboard.press('Escape');
  await gone(sheet);
  assert.match(await ana.page.evaluate(() => document.activeElement.textContent), new RegExp(story.boName));
  await sawItVanish(story);
});

test('with the keyboard alone', async (t) => {
  const story = await asked(t);
  const { ana, boName, boId } = story;
  const { page } = ana;
  const bo = await server.device(boName);
  const focusOn = async (locator) => {
    const wanted = await locator.elementHandle();
    for (let i = 0; i < 55; i++) {
      await page.keyboard.press('Tab');
      if (await wanted.evaluate((element) => element === document.activeElement)) {
        const outline = await wanted.evaluate((element) => getComputedStyle(element).outlineStyle);
        assert.notEqual(outline, 'none', 'the focus can be seen');
        return;
      }
    }
    assert.fail('not reached by Tab');
  };
  const press = async (locator) => {
    await focusOn(locator);
    await page.keyboard.press('Enter');
  };
  const again = async () => {
    const received = next(bo, 'relation.changed', ({ cause }) => cause === 'received');
    await press(story.found.getByRole('button', { name: 'Connect', exact: true }));
    await received;
    await story.found.getByTestId('cancel-cross').waitFor();
  };

  // 1: the cross.
  let withdrawn = next(bo, 'relation.changed', ({ relation }) => relation.state === 'none');
  await press(story.found.getByTestId('cancel-cross'));
  await withdrawn;
  await again();
  // 2: the panel.
  withdrawn = next(bo, 'relation.changed', ({ relation }) => relation.state === 'none');
  await press(story.found.getByRole('button').first());
  await action(page, 'withdraw').waitFor();
  await press(action(page, 'withdraw'));
  await withdrawn;
  await action(page, 'invite').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement === document.body), false, 'the focus is not lost');
  await again();
  // 3: the Invitations page.
  withdrawn = next(bo, 'relation.changed', ({ relation }) => relation.state === 'none');
  await press(tab(page, /^Invitations/));
  await focusOn(page.getByTestId(`sent-${boId}`).getByRole('checkbox'));
  await page.keyboard.press('Space');
  await press(page.getByTestId('cancel-selected'));
  await page.getByRole('dialog').waitFor();
  await press(page.getByRole('dialog').getByRole('button', { name: 'Cancel request' }));
  await withdrawn;
  await page.getByText('No open requests').waitFor();
  await press(area(page, 'You'));
  await page.getByRole('heading', { name: 'Privacy' }).waitFor();
  assert.ok(await panel(page).isVisible());
  await ana.close();
});
