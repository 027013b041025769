/** Counts out of vitest's JSON report. A failure that no test owns (a file that does not load, an unhandled error) counts too. */
export function tally(report, status) {
  if (report === null) return { passed: 0, failed: 1, skipped: 0 };
  const failedFiles = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = report.numFailedTests + failedFiles;
  return {
    passed: report.numPassedTests,
    failed: status !== 0 ? Math.max(failed, 1) : failed,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
  };
}
