// The site's own API, on the same origin below /api/.

import { humane } from './words.js';

export class ApiError extends Error {
  constructor(status, code, message, retryAfter) {
    super(humane(message));
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

const UNREACHABLE = 'The service cannot be reached. Is this device online?';
const UNCLEAR = 'The service answered in a way that this page does not understand. Try again in a minute.';

// `once` names one wish: the same wish sent again, because no answer came, is carried out once.
export async function call(method, path, { body, token, once } = {}) {
  const headers = { Accept: 'application/json' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (token) headers.Authorization = `Bearer ${token}`;
  if (once) headers['Idempotency-Key'] = once;
  let answer;
  try {
    answer = await fetch(`/api${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: 'no-store',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
    });
  } catch {
    throw new ApiError(0, 'unreachable', UNREACHABLE);
  }
  const said = await answer.json().catch(() => null);
  if (answer.ok && said !== null) return said;
  // The gateway in front of the API words its own refusals as {"message"}.
  const error = said?.error ?? {};
  const later = error.retryAfter ?? Number(answer.headers.get('Retry-After') || 0);
  throw new ApiError(answer.status, error.code ?? String(answer.status), error.message ?? ofStatus(answer.status), later);
}

function ofStatus(status) {
  if (status === 401) return 'You are no longer signed in.';
  if (status === 403) return 'The service refused this request.';
  if (status === 429 || status === 503) return 'The service is busy. Try again in a minute.';
  return UNCLEAR;
}

let config;

// Which silo this is and where its services are; asked for once.
export async function site() {
  config ??= call('GET', '/config').catch((error) => {
    config = undefined;
    throw error;
  });
  return config;
}
