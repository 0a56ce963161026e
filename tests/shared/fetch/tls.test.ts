import { expect, test } from 'vitest';
import { fetchedElsewhere, hasOpenssl, makeCertificates, serveTls } from './tls-site.js';

test.for([
  ['as it is', {}],
  ['told by the environment not to care', { NODE_TLS_REJECT_UNAUTHORIZED: '0' }],
] as const)('only a certificate that can be trusted is, with Node %s', async ([, env], context) => {
  context.skip(!hasOpenssl(), 'OpenSSL 3 is not installed');
  const certificates = makeCertificates();
  const urls = await Promise.all(
    ['good', 'expired', 'other-host', 'self-signed'].map((name) => serveTls(certificates, name)),
  );

  const [good, ...others] = await fetchedElsewhere(certificates, urls, env);

  const failed = expect.stringMatching(/^tls: /) as string;
  expect([good, others]).toEqual(['good', [failed, failed, failed]]);
});
