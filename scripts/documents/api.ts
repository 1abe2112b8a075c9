import { apiRoutes, openApiDocument } from '#src/api.ts';
import { API_BASE } from '#src/http/api/router.ts';

export const openApiText = (): string => `${JSON.stringify(openApiDocument(), null, 2)}\n`;

export function apiPage(): string {
  const tags = [...new Set(apiRoutes.map(({ tag }) => tag))];
  const sections = tags.map((tag) => {
    const rows = apiRoutes
      .filter((route) => route.tag === tag)
      .map(({ method, path, summary, scope }) => `| \`${method.toUpperCase()} ${API_BASE}${path}\` | ${summary} | \`${scope}\` |`);
    return `## ${tag}\n\n| | | scope |\n|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Management API

For operators, with a token from \`/oauth/token\` (\`grant_type=client_credentials\`). The whole description is [openapi.json](openapi.json), served at
\`/api/openapi.json\`. Errors are problem documents with one of [these codes](errors.md).

${sections.join('\n')}`;
}
