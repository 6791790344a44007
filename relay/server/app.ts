/** The relay's HTTP surface as one fetch function. */
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { MurmurError } from '../../src/core/errors.ts';
import { blobRoutes } from './blob-routes.ts';
import type { ServerContext } from './context.ts';
import { failureResponse } from './failures.ts';
import { specRoutes } from './spec-routes.ts';
import { taskRoutes } from './task-routes.ts';

export interface AppParts {
  readonly context: ServerContext;
  /** origins of pages that may use the relay; '*' for any (no cookie is ever used, so this opens nothing but bandwidth) */
  readonly origins: '*' | readonly string[];
  readonly gasUsed?: (() => bigint) | undefined;
  /** answers what is not the relay's, e.g. the page's files */
  readonly fetchFallback?: ((request: Request) => Response | Promise<Response>) | undefined;
  /** hears errors that are nobody's fault but the relay's */
  readonly onFault: (error: unknown) => void;
}

export function createApp({ context, origins, gasUsed, fetchFallback, onFault }: AppParts): Hono {
  const { core, metrics } = context;
  const app = new Hono();

  app.use('*', async (c, next) => {
    await next();
    metrics.request(c.req.method, c.res.status);
  });
  app.use('/v1/*', async (c, next) => {
    await next();
    // A page under COEP may embed these; nothing here is a document or a script.
    c.res.headers.set('cross-origin-resource-policy', 'cross-origin');
    c.res.headers.set('x-content-type-options', 'nosniff');
    c.res.headers.set('content-security-policy', "default-src 'none'");
  });
  app.use(
    '/v1/*',
    cors({
      origin: origins === '*' ? '*' : [...origins],
      allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'OPTIONS'],
      allowHeaders: ['authorization', 'content-type', 'range', 'upload-offset', 'if-none-match'],
      exposeHeaders: [
        'accept-ranges',
        'content-length',
        'content-range',
        'etag',
        'retry-after',
        'upload-length',
        'upload-offset',
      ],
      maxAge: 86_400,
    }),
  );

  app.get('/healthz', (c) => c.json({ status: 'ok' }, 200, { 'cache-control': 'no-store' }));
  app.get('/metrics', async (c) =>
    c.text(await metrics.text(core, gasUsed?.()), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }),
  );
  app.route('/v1', blobRoutes(context));
  app.route('/v1', specRoutes(context));
  app.route('/v1', taskRoutes(context));

  app.notFound((c) => {
    if (fetchFallback !== undefined && !c.req.path.startsWith('/v1/')) return fetchFallback(c.req.raw);
    return failureResponse(new MurmurError('not-found', `there is nothing at ${c.req.path.slice(0, 200)}`));
  });
  app.onError((error) => {
    if (!(error instanceof MurmurError)) onFault(error);
    return failureResponse(error);
  });
  return app;
}
