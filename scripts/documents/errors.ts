import { ERRORS, type ErrorEntry } from '#src/errors.ts';

export function errorsPage(): string {
  const rows = Object.entries<ErrorEntry>(ERRORS).map(
    ([code, { status, oauth, sentence }]) => `| \`${code}\` | ${status} | ${oauth === undefined ? '–' : `\`${oauth}\``} | ${sentence} |`,
  );
  return `# Errors

Every error has one of these codes. JSON answers carry it as \`code\` in a problem document (RFC 9457), pages show the sentence, and at the
OAuth endpoints it becomes the standard error of the third column with the code in front of its description.

| code | status | at OAuth endpoints | what it says |
|---|---|---|---|
${rows.join('\n')}
`;
}
