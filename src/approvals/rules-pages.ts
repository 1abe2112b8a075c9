import { AppError } from '#src/errors.ts';
import { adminFrame, adminOf, adminPath, type AdminSection } from '#src/http/admin-frame.ts';
import type { Tone } from '#src/http/badge.ts';
import { csrfToken } from '#src/http/csrf.ts';
import { postedForm } from '#src/http/posted-form.ts';
import { redirectTo, render } from '#src/http/render.ts';
import { createRouter, type WebContext, type WebRouter } from '#src/http/web-context.ts';
import { requireAdmin } from '#src/sign-in/require-admin.ts';
import { actorOf, requireSignedIn } from '#src/sign-in/signed-in.ts';

import type { ApprovalDeps } from './app-facts.ts';
import { changeRules, readRules } from './change-rules.ts';
import { previewRulesChange, type UsageOf } from './preview-rules.ts';
import { changesOf, draftOfRules, hiddenFields, readRulesForm, type RulesDraft } from './rules-form.ts';
import { previewView, rulesView } from './rules-view.ts';

export const RULES_SECTION: AdminSection = { label: 'Rules', path: 'rules', needs: ['apps.view', 'apps.manage'] };

export interface RulesPagesDeps extends ApprovalDeps {
  readonly usageOf: UsageOf;
}

const CONTRADICTION = 'Under trust you ticked groups or members, but “Everyone” was chosen. Only those you ticked are chosen now; look at it once more.';

/** Written, looked at, then saved: what a change does to the apps in use is shown before it does it. */
export function rulesPages(deps: RulesPagesDeps): WebRouter {
  const router = createRouter();
  const own = requireSignedIn(deps);

  router.get('/admin/:tenant/rules', own, requireAdmin(deps, ...RULES_SECTION.needs), async (ctx) => {
    const { rules, version } = await readRules(deps, adminOf(ctx).tenant.id);
    await showRules(ctx, draftOfRules(rules, version), ctx.query['done'] === 'saved' ? { notice: 'The rules were saved.', tone: 'ok' } : {});
  });

  router.post('/admin/:tenant/rules', own, requireAdmin(deps, 'apps.manage'), async (ctx) => {
    const { tenant } = adminOf(ctx);
    const form = await postedForm(ctx, purposeOf(ctx));
    const { rules } = await readRules(deps, tenant.id);
    const draft = readRulesForm(form, rules, deps.catalogue);
    try {
      switch (form.one('do')) {
        case 'preview':
          if (draft.trustFor.query !== '' || draft.peopleQuery !== '') return await showRules(ctx, draft);
          if (draft.trustFor.contradicts) return await showRules(ctx, draft, { notice: CONTRADICTION, tone: 'danger', status: 422 });
          return await showPreview(ctx, draft);
        case 'save':
          await changeRules(deps, { tenant: tenant.id, changes: changesOf(draft), ifVersion: draft.version }, actorOf(ctx));
          return redirectTo(ctx, `${adminPath(tenant.id, 'rules')}?done=saved`);
        default:
          return await showRules(ctx, draft);
      }
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const said = problemIn(error);
      if (said === undefined) throw error;
      const { version } = await readRules(deps, tenant.id);
      await showRules(ctx, error.code === 'precondition_failed' ? { ...draft, version } : draft, { notice: said, tone: 'danger', status: error.code === 'invalid_request' ? 422 : error.entry.status });
    }
  });

  return router;

  async function showRules(ctx: WebContext, draft: RulesDraft, { notice = '', tone = 'ok', status = 200 }: { notice?: string; tone?: Tone; status?: number } = {}): Promise<void> {
    const { tenant, capabilities } = adminOf(ctx);
    const form = { action: adminPath(tenant.id, 'rules'), csrf: csrfToken(ctx, purposeOf(ctx)), mayChange: capabilities.includes('apps.manage'), notice, tone };
    ctx.status = status;
    render(ctx, 'approvals/rules', { ...(await rulesView(deps, tenant, draft)), ...form }, adminFrame(ctx, 'Rules', RULES_SECTION));
  }

  async function showPreview(ctx: WebContext, draft: RulesDraft): Promise<void> {
    const { tenant } = adminOf(ctx);
    const preview = await previewRulesChange(deps, tenant.id, changesOf(draft));
    const view = {
      ...previewView(preview, deps.catalogue),
      tenantName: tenant.name,
      fields: hiddenFields(draft),
      action: adminPath(tenant.id, 'rules'),
      csrf: csrfToken(ctx, purposeOf(ctx)),
    };
    render(ctx, 'approvals/rules-preview', view, adminFrame(ctx, 'What the new rules would do', RULES_SECTION));
  }
}

const purposeOf = (ctx: WebContext): string => `rules:${adminOf(ctx).tenant.id}`;

/** What the person can put right, said above the form. */
function problemIn(error: AppError): string | undefined {
  if (error.code === 'invalid_request') return error.fields?.[0]?.detail ?? error.detail;
  if (error.code === 'precondition_failed') return 'Somebody else changed the rules meanwhile. Yours stand below, not saved: look at them once more.';
  if (error.code === 'forbidden') return 'This lets restricted permissions in without a review, which only an owner can decide.';
  return undefined;
}
