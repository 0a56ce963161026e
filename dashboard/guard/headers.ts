/** Response headers that bound what a page of ours may do, whatever a job's name or reason holds. */

import type { RequestHandler } from 'express';
import helmet from 'helmet';

/**
 * Nothing from other hosts, no inline script, no frames. Styles may be inline: Bull Board's theme
 * and its charts set them. Transport security is the business of whoever puts TLS before the board.
 */
export function securityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': ["'self'"],
        'style-src': ["'self'", "'unsafe-inline'"],
        'img-src': ["'self'", 'data:'],
        'font-src': ["'self'"],
        'connect-src': ["'self'"],
        'base-uri': ["'self'"],
        'form-action': ["'self'"],
        'frame-ancestors': ["'none'"],
      },
    },
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
  });
}
