// Who is signed in on this tab. Tokens are kept in the tab's storage, so that a reload does not sign out; closing it does.

import { ApiError, call } from './api.js';

const PLACE = 'lake.session';
const EARLY = 60_000; // milliseconds before its end that a token is replaced

export class Session {
  #pool;
  #tokens;
  #refreshing;

  constructor(pool, user, tokens, ended) {
    this.#pool = pool;
    this.#tokens = tokens;
    this.user = user;
    this.ended = ended; // called when nobody is signed in any more, without that anybody asked for it
  }

  static begin(pool, user, result, ended) {
    const session = new Session(pool, user, { refresh: result.RefreshToken }, ended);
    session.#take(result);
    return session;
  }

  // The one of before the page was reloaded, or undefined.
  static kept(pool, ended) {
    try {
      const { user, tokens } = JSON.parse(sessionStorage.getItem(PLACE));
      return tokens.refresh ? new Session(pool, user, tokens, ended) : undefined;
    } catch {
      return undefined;
    }
  }

  async ask(method, path, options = {}) {
    const token = await this.#token();
    try {
      return await call(method, path, { ...options, token });
    } catch (error) {
      if (error.status === 401) this.#end();
      throw error;
    }
  }

  async signOut() {
    const { refresh } = this.#tokens;
    sessionStorage.removeItem(PLACE);
    await this.#pool.signOut(refresh).catch(() => {}); // without an answer it ends by itself
  }

  async #token() {
    if (this.#tokens.until - EARLY < Date.now()) {
      // Several questions at once replace it once.
      this.#refreshing ??= this.#pool.refresh(this.#tokens.refresh).finally(() => {
        this.#refreshing = undefined;
      });
      try {
        this.#take((await this.#refreshing).AuthenticationResult);
      } catch (error) {
        if (error.code !== 'NotAuthorizedException') throw error;
        this.#end();
        throw new ApiError(401, 'session-ended', 'You are no longer signed in.');
      }
    }
    return this.#tokens.access;
  }

  #take(result) {
    this.#tokens = {
      access: result.AccessToken,
      refresh: result.RefreshToken ?? this.#tokens.refresh,
      until: Date.now() + result.ExpiresIn * 1000,
    };
    sessionStorage.setItem(PLACE, JSON.stringify({ user: this.user, tokens: this.#tokens }));
  }

  #end() {
    sessionStorage.removeItem(PLACE);
    this.ended();
  }
}
