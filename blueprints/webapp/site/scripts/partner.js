// The partners' page: sign in, deliver, see what was delivered.

import { ApiError, call, site } from './api.js';
import { Deliveries } from './deliveries.js';
import { Dropzone } from './dropzone.js';
import { announce, busy, fail, find, say, show } from './dom.js';
import { Keys } from './keys.js';
import { Listing } from './listing.js';
import { list, moment, until } from './words.js';

const SOON = 3 * 24 * 3600 * 1000; // milliseconds before the end of an access when the page begins to say so
const VERBS = { upload: 'deliver files', list: 'see what is there', download: 'read files', delete: 'delete files' };

let desk; // what lives while somebody is signed in

async function identify(keys) {
  const { region, sts, site: audience } = await site();
  const headers = await keys.identity({ endpoint: sts.endpoint, region, site: audience });
  return call('POST', '/partner/session', { body: { headers } });
}

async function signIn() {
  const id = find('key-id').value.trim();
  const secret = find('secret').value.trim();
  if (!id || !secret) throw new ApiError(0, 'missing', 'Enter both: the access key ID and the secret access key.');
  if (!/^[A-Z0-9]{16,128}$/.test(id)) {
    throw new ApiError(0, 'shape', 'This is not an access key ID: it has capital letters and digits only, such as AKIA….');
  }
  const keys = await Keys.of(id, secret);
  const granted = await identify(keys);
  const { s3 } = await site();
  const libraries = await import('../vendor/uppy.js');
  open(keys, granted, new Dropzone(keys, { endpoint: s3.endpoint, ...granted }), libraries);
}

function open(keys, granted, dropzone, libraries) {
  find('sign-in-form').reset();
  hideSecret();
  const name = granted.partner.replace(/^vended-/, '');
  say(find('who-name'), name);
  describe(granted);
  show(find('sign-in'), false);
  show(find('who'));
  show(find('desk'));
  const listing = new Listing(dropzone, granted.permissions.includes('list'));
  const deliveries = new Deliveries(dropzone, granted, libraries, {
    delivered: (item) => listing.add(item),
    refused: () => identify(keys).then(() => '', (error) => error.message),
  });
  desk = { deliveries, listing, ticking: setInterval(() => ending(granted), 30_000) };
  listing.load();
  find('deliver-title').focus();
  announce(`Signed in as ${name}`);
}

function describe(granted) {
  const verbs = Object.keys(VERBS).filter((one) => granted.permissions.includes(one)).map((one) => VERBS[one]);
  find('terms').textContent = `You may ${list(verbs)} in ${granted.prefix} until ${moment(granted.expires)}.`;
  const limit = granted.maxObjectMiB ? `At most ${granted.maxObjectMiB} MiB a file. ` : '';
  find('limit').textContent = `${limit}Large files go on where they were after a lost connection.`;
  ending(granted);
}

function ending({ expires }) {
  const left = new Date(expires) - Date.now();
  show(find('ending'), left < SOON);
  say(find('ending'), left > 0 ? `Your access ends ${until(expires)}. Ask for more time if you need it.` : 'Your access has ended.');
}

function signOut() {
  if (desk.deliveries.active && !confirm('Files are still on their way. Sign out and stop them?')) return;
  desk.deliveries.close();
  desk.listing.close();
  clearInterval(desk.ticking);
  desk = undefined;
  show(find('desk'), false);
  show(find('who'), false);
  show(find('sign-in'));
  find('key-id').focus();
  announce('Signed out');
}

function hideSecret(hidden = true) {
  find('secret').type = hidden ? 'password' : 'text';
  find('reveal').setAttribute('aria-pressed', String(!hidden));
  say(find('reveal'), hidden ? 'Show' : 'Hide');
}

find('sign-in-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const problem = find('sign-in-problem');
  fail(problem, '');
  await busy(find('sign-in-button'), 'Signing in…', signIn).catch((error) => {
    fail(problem, error.message);
    find(error.code === 'missing' && find('key-id').value ? 'secret' : 'key-id').focus();
  });
});
find('reveal').addEventListener('click', () => hideSecret(find('secret').type === 'text'));
find('sign-out').addEventListener('click', signOut);
window.addEventListener('beforeunload', (event) => {
  if (desk?.deliveries.active) event.preventDefault();
});
site().then(
  ({ organization, silo }) => {
    find('brand').textContent = `${organization} · ${silo}`;
    find('sign-in-title').textContent = `Deliver files to ${organization}`;
    document.title = `Deliver files to ${organization}`;
  },
  (error) => fail(find('sign-in-problem'), error.message),
);
