// An admin's way in: password, at first a new one and an authenticator app, then its code; or another password by mail.
// One step is shown at a time.

import { busy, copyButton, fail, find, replace, say, show } from './dom.js';

const TITLES = {
  password: 'Sign in',
  'new-password': 'Choose your own password',
  authenticator: 'Set up your authenticator',
  code: 'Enter your code',
  forgotten: 'Forgotten password',
  reset: 'Choose a new password',
};
const STEPS = Object.keys(TITLES);

export class SignIn {
  #pool;
  #done;
  #issuer;
  #user = '';
  #challenge;

  // `done(user, result)` is called once with the tokens.
  constructor(pool, issuer, done) {
    this.#pool = pool;
    this.#issuer = issuer;
    this.#done = done;
    this.#on('password', async (form) => {
      this.#user = form.elements.user.value.trim();
      await this.#next(await pool.password(this.#user, form.elements.password.value));
    });
    this.#on('new-password', async (form) => {
      await this.#answer({ NEW_PASSWORD: twice(form) });
    });
    this.#on('authenticator', async (form) => {
      const { Session } = await pool.verify(this.#challenge.Session, digits(form));
      this.#challenge.Session = Session;
      await this.#answer({});
    });
    this.#on('code', (form) => this.#answer({ SOFTWARE_TOKEN_MFA_CODE: digits(form) }));
    this.#on('forgotten', async (form) => {
      this.#user = form.elements.user.value.trim();
      await pool.forgot(this.#user);
      this.#step('reset');
    });
    this.#on('reset', async (form) => {
      await pool.reset(this.#user, digits(form), twice(form));
      this.begin();
      say(find('password-told'), 'The new password is set. Sign in with it.');
    });
    find('forgotten').addEventListener('click', () => this.#step('forgotten'));
    replace(find('authenticator-copy'), copyButton(() => find('authenticator-secret').value.replaceAll(' ', ''), 'Key'));
    for (const back of document.querySelectorAll('[data-back]')) back.addEventListener('click', () => this.begin());
  }

  begin(words = '') {
    this.#challenge = undefined;
    this.#step('password');
    fail(find('password-problem'), words);
  }

  #on(step, act) {
    const form = find(`${step}-form`);
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      const problem = find(`${step}-problem`);
      fail(problem, '');
      const button = form.querySelector('button.main');
      await busy(button, 'One moment…', () => act(form)).catch((error) => {
        if (error.over) this.begin(error.message);
        else fail(problem, error.message);
      });
    });
  }

  async #answer(answers) {
    const { ChallengeName: name, Session: session } = this.#challenge;
    await this.#next(await this.#pool.answer(name, session, { USERNAME: this.#user, ...answers }));
  }

  async #next(said) {
    if (said.AuthenticationResult) {
      this.#clear();
      this.#done(this.#user, said.AuthenticationResult);
      return;
    }
    this.#challenge = said;
    // The pool may know the person by another name than the one typed.
    this.#user = said.ChallengeParameters?.USER_ID_FOR_SRP ?? this.#user;
    if (said.ChallengeName === 'NEW_PASSWORD_REQUIRED') this.#step('new-password');
    else if (said.ChallengeName === 'SOFTWARE_TOKEN_MFA') this.#step('code');
    else if (said.ChallengeName === 'MFA_SETUP') await this.#setUp(said.Session);
    else throw new Error('The sign-in asks for something that this page does not know. Tell whoever runs the lake.');
  }

  async #setUp(session) {
    const { SecretCode: secret, Session } = await this.#pool.authenticator(session);
    this.#challenge.Session = Session;
    const address = new URL(`otpauth://totp/${encodeURIComponent(`${this.#issuer}:${this.#user}`)}`);
    address.searchParams.set('secret', secret);
    address.searchParams.set('issuer', this.#issuer);
    this.#step('authenticator');
    find('authenticator-secret').value = secret.replace(/(.{4})(?=.)/g, '$1 ');
    find('authenticator-open').href = address.href.replaceAll('+', '%20');
  }

  #step(step) {
    this.#clear();
    for (const one of STEPS) show(find(`${one}-form`), one === step);
    say(find('sign-in-title'), TITLES[step]);
    find(`${step}-form`).querySelector('input').focus();
  }

  #clear() {
    for (const step of STEPS) {
      find(`${step}-form`).reset();
      fail(find(`${step}-problem`), '');
    }
    say(find('password-told'), 'For the people who give partners access.');
  }
}

function twice(form) {
  const { password, again } = form.elements;
  if (password.value !== again.value) throw new Error('The two passwords are not the same.');
  return password.value;
}

function digits(form) {
  const code = form.elements.code.value.replace(/\s/g, '');
  if (!/^\d{6}$/.test(code)) throw new Error('Enter the six digits of the code.');
  return code;
}
