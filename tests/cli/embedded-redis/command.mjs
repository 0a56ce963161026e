/* A command as far as the embedded Redis is concerned: opens it, says so, stays until stdin ends. */
import { openEmbeddedRedis } from '../../../dist/cli/embedded-redis/embedded-redis.js';

try {
  const redis = await openEmbeddedRedis({
    dataDir: process.argv[2],
    announce: (line) => process.stderr.write(`${line}\n`),
    signal: AbortSignal.timeout(25_000),
  });
  process.stdout.write(`${redis.socketPath}\n`);
  process.stdin.once('end', () => void redis.close()).resume();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode ?? 1;
}
