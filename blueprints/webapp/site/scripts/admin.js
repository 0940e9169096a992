// The admins' page: who may deliver, new access, and what was done.

import { site } from './api.js';
import { Activity } from './activity.js';
import { Changes } from './changes.js';
import { Pool } from './cognito.js';
import { Credentials } from './credentials.js';
import { announce, fail, find, say, show } from './dom.js';
import { Handover } from './handover.js';
import { Session } from './session.js';
import { SignIn } from './signin.js';
import { Vending } from './vending.js';

const PAGES = { '#credentials': 'Access', '#activity': 'Activity' };

function start(config) {
  const pool = new Pool(config.cognito);
  const name = `${config.organization} ${config.silo}`;
  let parts;
  say(find('brand'), `${config.organization} · ${config.silo}`);
  document.title = `Access · ${name}`;

  const open = (session) => {
    const handover = new Handover(session, config, () => parts.credentials.load());
    const changes = new Changes(session, handover, () => parts.credentials.load());
    const credentials = new Credentials(session, changes, handover);
    const activity = new Activity(session);
    const vending = new Vending(session, handover, credentials);
    parts = { credentials, activity, vending, handover, changes };
    say(find('who-name'), session.user);
    show(find('sign-in'), false);
    show(find('who'));
    show(find('desk'));
    turn();
    handover.goOn();
  };
  const close = (words) => {
    for (const part of Object.values(parts ?? {})) part.close();
    parts = undefined;
    for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close();
    show(find('desk'), false);
    show(find('who'), false);
    show(find('sign-in'));
    signIn.begin(words);
  };
  const ended = () => close('You were signed out, because it has been a while. Sign in again.');
  const turn = () => {
    if (!parts) return;
    const page = PAGES[location.hash] ? location.hash : '#credentials';
    for (const [address, title] of Object.entries(PAGES)) {
      show(find(address.slice(1)), address === page);
      const link = document.querySelector(`.tabs a[href="${address}"]`);
      if (address === page) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
      if (address === page) announce(title);
    }
    parts[page.slice(1)].load();
  };

  const signIn = new SignIn(pool, name, (user, result) => {
    open((current = Session.begin(pool, user, result, ended)));
    find('desk-title').focus();
  });
  let current = Session.kept(pool, ended);
  find('sign-out').addEventListener('click', () => {
    current.signOut();
    close('');
    announce('Signed out');
  });
  window.addEventListener('hashchange', turn);
  if (current) open(current);
  else close('');
}

site().then(start, (error) => {
  show(find('sign-in'));
  fail(find('password-problem'), error.message);
});
