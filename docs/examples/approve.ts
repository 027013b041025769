/** Approves the waiting gate of a release when nobody has touched the brakes: `tsx approve.ts payments`. */
import { approveStage, connect, releaseStatus } from 'gray-release';

const [target = 'payments'] = process.argv.slice(2);
const client = await connect();
try {
  const { gate, paused, stop, verdict } = await releaseStatus(client, target);
  if (gate === null || gate.approved !== null) throw new Error(`no gate of ${target} waits`);
  if (paused !== null || stop !== null) throw new Error(`somebody stopped ${target}`);
  if (verdict?.kind === 'fail') throw new Error(verdict.reason);
  const { answer, text } = await approveStage(client, target, gate.stage, { by: 'approver-bot', reason: 'all quiet' });
  console.log(`${answer}: ${text}`);
} finally {
  await client.connection.close();
}
