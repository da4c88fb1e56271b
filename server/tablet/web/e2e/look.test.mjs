// Every view: for everybody (axe), at every width, in both themes, and still while it loads.
// Ana's headset is in a session; her tablet is its companion.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { action, area, find, launch, open, panel, row, search, sizes, tab } from './page.mjs';
import { Server, someone } from './server.mjs';

const axe = await readFile(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

let server;
let browser;
let names;
before(async () => {
  [server, browser] = await Promise.all([Server.start(), launch()]);
  names = await populate();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Something to look at: a session with company, and every kind of relation. */
async function populate() {
  const all = ['Ana', 'Bo', 'Chiara-Maximiliana', 'Dev', 'Elif'].map(someone);
  const [ana, bo, chiara, dev, elif] = await Promise.all(all.map((name) => server.device(name)));
  const id = (device) => device.hello.user.id;
  await ana.call('session.create', { name: 'Studio Nord — a design review with a long name' });
  const { session_id } = await sessionOf(ana);
  for (const device of [bo, chiara, dev]) await device.call('session.join', { session_id });
  await bo.call('session.set_attributes', { session_id, attributes: { hand_raised: true, muted: true } });
  await bo.call('invitation.send', { to: { user_id: id(ana) } });
  await ana.call('invitation.send', { to: { user_id: id(bo) } });
  await chiara.call('invitation.send', { to: { user_id: id(ana) }, message: 'We met at the rehearsal. Keep in touch?' });
  await ana.call('invitation.send', { to: { user_id: id(dev) } });
  await ana.call('invitation.send', { to: { email: 'a.very.long.address.of.someone@department.example.org' } });
  await elif.call('invitation.send', { to: { user_id: id(ana) } });
  const { invitations } = await ana.call('invitation.list', { box: 'received' });
  await ana.call('invitation.decline', { invitation_id: invitations.find(({ user }) => user.id === id(elif)).id });
  await ana.call('presence.set', { status: 'online', note: 'Reviewing' });
  await dev.call('session.create', { name: 'Rehearsal', password: 'stage' });
  return { all, ana: all[0], bo: all[1], chiara: all[2], dev: all[3] };

  async function sessionOf(device) {
    const { person } = await device.call('people.focus', { user_id: id(device) });
    return { session_id: person.presence.session.id };
  }
}

/** Each view by name, and how to get there. */
const views = {
  here: async (page) => {
    await tab(page, /session/).click();
    await row(page, names.bo).first().waitFor();
  },
  'a person': async (page) => {
    await row(page, names.bo).getByRole('button').first().click();
    await action(page, 'kick').waitFor();
  },
  'a confirmation': async (page) => {
    await action(page, 'kick').click();
    await page.getByRole('dialog', { name: /^Remove/ }).waitFor();
  },
  connections: async (page) => {
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: /^Remove/ }).waitFor({ state: 'detached' });
    await panel(page).getByRole('button', { name: 'Close' }).click();
    await tab(page, /^Connections/).click();
    await row(page, names.bo).waitFor();
  },
  invitations: async (page) => {
    await tab(page, /^Invitations/).click();
    await row(page, names.chiara).getByRole('button', { name: 'Accept' }).waitFor();
  },
  declined: async (page) => {
    await page.getByRole('button', { name: /^Declined/ }).click();
    await page.getByRole('button', { name: 'Undo' }).waitFor();
    await page.getByRole('checkbox', { name: 'Select all' }).check();
    await page.getByRole('button', { name: /^Cancel \d requests?/ }).waitFor();
  },
  'search results': async (page) => {
    await find(page, names.chiara.split(' ')[0]);
  },
  'an address': async (page) => {
    await search(page).fill('someone.else@example.org');
    await page.getByTestId('address-row').waitFor();
  },
  'people met': async (page) => {
    await search(page).fill('');
    await page.getByRole('list', { name: 'People you met lately' }).waitFor();
  },
  sessions: async (page) => {
    await area(page, 'Sessions').click();
    await row(page, 'Rehearsal').waitFor();
  },
  'a new session': async (page) => {
    await page.getByRole('button', { name: 'New' }).click();
    await page.getByRole('dialog', { name: 'New session' }).waitFor();
  },
  you: async (page) => {
    await page.keyboard.press('Escape');
    await area(page, 'You').click();
    await page.getByRole('switch', { name: /^Found by name/ }).waitFor();
  },
};

async function check(page, what) {
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const result = await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
    return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
  });
  assert.deepEqual(violations, [], what);
}

for (const dark of [false, true]) {
  for (const [device, size] of Object.entries(sizes)) {
    test(`axe: ${device}, ${dark ? 'dark' : 'light'}`, async (t) => {
      const one = await open(browser, server, names.ana, { size, dark, companion: true });
      t.after(() => one.context.close());
      for (const [name, go] of Object.entries(views)) {
        await go(one.page);
        await check(one.page, name);
      }
      await one.close();
    });
  }
}

test('axe: signing in', async (t) => {
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(`${server.url}/tablet/`);
  await page.getByRole('heading', { name: 'Sign in to Foyer' }).waitFor();
  await check(page, 'sign-in');
});

test('nothing to scroll sideways, and nothing too small to tap, from 320 to 1920 px', async (t) => {
  for (const width of [320, 375, 768, 1024, 1920]) {
    const one = await open(browser, server, names.ana, { size: { width, height: 800 }, companion: true });
    t.after(() => one.context.close());
    for (const [name, go] of Object.entries(views)) {
      await go(one.page);
      const { wide, small } = await one.page.evaluate(measure);
      assert.deepEqual(wide, [], `${name} at ${width}`);
      assert.deepEqual(small, [], `${name} at ${width}`);
    }
    await one.close();
  }
});

/** Runs in the page. A checkbox is as large as the label around it. */
function measure() {
  const wide = [document.documentElement, ...document.querySelectorAll('.scroll, .panel, .sheet, dialog')]
    .filter((element) => element.scrollWidth > element.clientWidth)
    .map((element) => `${element.className || element.tagName}: ${element.scrollWidth} > ${element.clientWidth}`);
  const small = [...document.querySelectorAll('button, select, summary, input, textarea')]
    .map((element) => [element, (element.closest('label.check, label.switch') ?? element).getBoundingClientRect()])
    .filter(([, box]) => box.width > 0 && (box.height < 47.5 || box.width < 47.5))
    .map(([element, box]) => `${element.outerHTML.slice(0, 90)} is ${Math.round(box.width)} × ${Math.round(box.height)}`);
  return { wide, small };
}

test('nothing jumps while it loads or when one goes from view to view', async (t) => {
  const one = await open(browser, server, names.ana, { companion: true });
  t.after(() => one.context.close());
  for (const go of Object.values(views)) await go(one.page);
  const shift = await one.page.evaluate(() => window.seen.shift);
  t.diagnostic(`layout shift ${shift.toFixed(4)}`);
  assert.ok(shift < 0.02, `layout shift ${shift}`);
  await one.close();
});

test('the theme can be chosen, and is kept', async (t) => {
  const one = await open(browser, server, names.ana);
  t.after(() => one.context.close());
  const background = () => one.page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await area(one.page, 'You').click();
  const light = await background();
  await one.page.getByRole('button', { name: 'Dark' }).click();
  const dark = await background();
  assert.notEqual(dark, light);
  await one.page.reload();
  await area(one.page, 'You').waitFor();
  assert.equal(await background(), dark);
  await one.close();
});

test('the node that the tablet is on is shown', async (t) => {
  const one = await open(browser, server, names.ana);
  t.after(() => one.context.close());
  await area(one.page, 'You').click();
  assert.match(await one.page.getByText('Node', { exact: true }).locator('xpath=following-sibling::dd').textContent(), /\S/);
  await one.close();
});
