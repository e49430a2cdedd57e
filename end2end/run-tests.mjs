// `npm test`: two passes of Playwright, then one report.
// Two passes, because a project that depends on another is not run at all when that one fails, and tests that stop services
// cannot run beside others. Arguments go to Playwright; with a file or a filter among them, both passes get it.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const results = join(here, "results");
mkdirSync(results, { recursive: true });
const passes = [
  { project: "together", workers: "2" },
  { project: "alone", workers: "1" },
];
const totals = { passed: 0, failed: 0, flaky: 0, skipped: 0 };
const suites = [];
const errors = [];
let exit = 0;
const began = Date.now();

for (const { project, workers } of passes) {
  const report = join(results, `report-${project}.json`);
  rmSync(report, { force: true });
  const run = spawnSync(
    process.execPath,
    [join(here, "node_modules", "@playwright", "test", "cli.js"), "test", "--project", project, "--workers", workers, "--pass-with-no-tests", ...process.argv.slice(2)],
    { cwd: here, stdio: "inherit", env: { ...process.env, STEWARD_END2END_REPORT: report, STEWARD_END2END_ARTIFACTS: join(results, "artifacts", project), PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: "1" } },
  );
  if (run.status !== 0) exit = run.status ?? 1;
  if (!existsSync(report)) {
    errors.push({ message: `${project}: Playwright wrote no report` });
    exit ||= 1;
    continue;
  }
  const { stats, suites: ran, errors: wrong } = JSON.parse(readFileSync(report, "utf8"));
  totals.passed += stats.expected;
  totals.failed += stats.unexpected;
  totals.flaky += stats.flaky;
  totals.skipped += stats.skipped;
  suites.push(...ran);
  errors.push(...wrong);
}

// A skipped test found nothing out: it counts as a failure of the whole.
if (totals.skipped > 0 || totals.flaky > 0 || errors.length > 0) exit ||= 1;
const seconds = Math.round((Date.now() - began) / 1000);
writeFileSync(
  join(results, "report.json"),
  JSON.stringify({ stats: { expected: totals.passed, unexpected: totals.failed, flaky: totals.flaky, skipped: totals.skipped, duration: seconds * 1000 }, errors, suites }, null, 1),
);
console.log(`browser: ${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped, ${errors.length} errors outside tests, ${seconds} s`);
process.exit(exit);
