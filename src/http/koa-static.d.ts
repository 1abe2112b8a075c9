declare module 'koa-static' {
  import type { Middleware } from 'koa';
  export default function serve(root: string, options?: { index?: string | false; maxage?: number }): Middleware;
}
