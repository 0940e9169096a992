// Signing in with the user pool, by its public API (Amazon Cognito API reference, InitiateAuth and what follows on it).

const REFUSALS = {
  NotAuthorizedException: 'The e-mail address or the password is not right.',
  UserNotFoundException: 'The e-mail address or the password is not right.',
  PasswordResetRequiredException: 'The password has to be set anew. Ask whoever runs the lake to send you a first password.',
  UserNotConfirmedException: 'This account is not ready yet. Ask whoever runs the lake.',
  CodeMismatchException: 'This code is not right. One of an app changes every 30 seconds: enter the one that is shown now.',
  EnableSoftwareTokenMFAException: 'This code is not right. It changes every 30 seconds: enter the one that is shown now.',
  ExpiredCodeException: 'This code was used already or came too late. Enter the next one.',
  InvalidPasswordException: 'This password is too simple.',
  LimitExceededException: 'Too many tries. Wait a few minutes.',
  TooManyRequestsException: 'Too many tries. Wait a few minutes.',
};

export class SignInError extends Error {
  constructor(code, said) {
    super(words(code, said));
    this.name = 'SignInError';
    this.code = code;
    // A session of challenges lasts minutes: after that one begins with the password again.
    this.over = code === 'NotAuthorizedException' && /session/i.test(said);
  }
}

function words(code, said) {
  if (code === 'NotAuthorizedException' && /session/i.test(said)) return 'That took too long. Sign in again.';
  if (code === 'NotAuthorizedException' && /temporary password/i.test(said)) {
    return 'The first password has expired. Ask whoever runs the lake to send you a new one.';
  }
  if (code === 'NotAuthorizedException' && /attempts/i.test(said)) return 'Too many wrong passwords. Wait a few minutes.';
  if (code === 'NotAuthorizedException' && /cannot be reset/i.test(said)) {
    return 'You have not signed in yet: use the first password that was mailed to you, or ask for another one.';
  }
  if (code === 'InvalidPasswordException' && said) return `This password is too simple: ${said}`;
  return REFUSALS[code] ?? 'Signing in does not work at the moment. Try again in a minute.';
}

export class Pool {
  constructor({ endpoint, clientId }) {
    this.endpoint = endpoint;
    this.clientId = clientId;
  }

  // Each of these answers {AuthenticationResult} or the next challenge: {ChallengeName, Session, ChallengeParameters}.
  password(user, password) {
    return this.#ask('InitiateAuth', {
      AuthFlow: 'USER_PASSWORD_AUTH',
      ClientId: this.clientId,
      AuthParameters: { USERNAME: user, PASSWORD: password },
    });
  }

  refresh(token) {
    return this.#ask('InitiateAuth', {
      AuthFlow: 'REFRESH_TOKEN_AUTH',
      ClientId: this.clientId,
      AuthParameters: { REFRESH_TOKEN: token },
    });
  }

  answer(name, session, answers) {
    return this.#ask('RespondToAuthChallenge', {
      ChallengeName: name,
      ClientId: this.clientId,
      Session: session,
      ChallengeResponses: answers,
    });
  }

  // Mails a code to somebody who signed in before; for anybody else, Cognito answers the same and mails nothing.
  forgot(user) {
    return this.#ask('ForgotPassword', { ClientId: this.clientId, Username: user });
  }

  reset(user, code, password) {
    return this.#ask('ConfirmForgotPassword', {
      ClientId: this.clientId,
      Username: user,
      ConfirmationCode: code,
      Password: password,
    });
  }

  // What the authenticator app is to be given: {SecretCode, Session}.
  authenticator(session) {
    return this.#ask('AssociateSoftwareToken', { Session: session });
  }

  verify(session, code) {
    return this.#ask('VerifySoftwareToken', { Session: session, UserCode: code, FriendlyDeviceName: 'authenticator' });
  }

  // Ends the refresh token and the access tokens that were made of it.
  signOut(token) {
    return this.#ask('RevokeToken', { ClientId: this.clientId, Token: token });
  }

  async #ask(operation, body) {
    let answer;
    try {
      answer = await fetch(this.endpoint, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/x-amz-json-1.1',
          'X-Amz-Target': `AWSCognitoIdentityProviderService.${operation}`,
        },
        body: JSON.stringify(body),
        cache: 'no-store',
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
      });
    } catch {
      throw new SignInError('Unreachable', '');
    }
    const said = await answer.json().catch(() => ({}));
    if (answer.ok) return said;
    throw new SignInError(String(said.__type ?? '').split('#').at(-1), String(said.message ?? said.Message ?? ''));
  }
}
