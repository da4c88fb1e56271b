// The page in a real browser, and what is watched on each of them.
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--headless',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

/** Runs in the page before anything else: what no test may see. */
function watch() {
  window.seen = { violations: [], shift: 0, toasts: 0 };
  addEventListener('securitypolicyviolation', (event) => window.seen.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.seen.shift += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
  // Counts every toast ever shown, however briefly.
  new MutationObserver((records) => {
    for (const { addedNodes } of records) {
      for (const node of addedNodes) if (node.dataset?.testid === 'toast') window.seen.toasts++;
    }
  }).observe(document, { subtree: true, childList: true });
}

export const sizes = {
  tablet: { width: 1024, height: 768 },
  phone: { width: 375, height: 812 },
};

/** Opens the tablet of someone; `close` fails on an error in the console or a violation of the policy. */
export async function open(browser, server, name, { size = sizes.tablet, dark = false, companion = false, offline = false } = {}) {
  const context = await browser.newContext({ viewport: size, colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce' });
  await context.addInitScript(watch);
  const page = await context.newPage();
  page.setDefaultTimeout(8_000);
  const errors = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
  const hash = `#as=${encodeURIComponent(name)}${companion ? '&companion' : ''}`;
  await page.goto(`${server.url}/tablet/${hash}`);
  await page.getByRole('button', { name: /^People/ }).waitFor();
  await page.waitForFunction(() => !document.querySelector('.skeleton'));
  return {
    page,
    context,
    errors,
    toasts: () => page.evaluate(() => window.seen.toasts),
    async close() {
      const { violations } = await page.evaluate(() => window.seen);
      await context.close();
      assert.deepEqual(violations, []);
      // A server that is away on purpose makes the browser complain.
      assert.deepEqual(errors.filter((text) => !offline || !/ERR_CONNECTION|ERR_INTERNET|WebSocket/.test(text)), []);
    },
  };
}

// --- walking the page, by roles first ---

export const area = (page, name) => page.getByRole('navigation', { name: 'Areas' }).getByRole('button', { name });

export const tab = (page, name) => page.getByRole('navigation', { name: 'People' }).getByRole('button', { name });

export const search = (page) => page.getByRole('searchbox', { name: 'Search people' });

export async function find(page, name) {
  await tab(page, /^Add/).click();
  await search(page).fill(name);
  const row = page.getByRole('list', { name: 'Search results' }).getByRole('listitem').filter({ hasText: name });
  await row.waitFor();
  return row;
}

/** The row of someone in whatever list is shown, and their panel. */
export const row = (page, name) => page.getByRole('listitem').filter({ hasText: name });

export const panel = (page) => page.getByTestId('focus');

export const action = (page, name) => panel(page).getByTestId(`action-${name}`).getByRole('button');

/** Waits until a locator's count is what it should be. */
export async function eventually(check, what, timeout = 10_000) {
  const end = Date.now() + timeout;
  let last;
  for (;;) {
    try {
      if (await check()) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`never: ${what}`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Gone and staying gone is asserted by what the other side was told last. */
export const gone = (locator) => locator.waitFor({ state: 'detached' });
