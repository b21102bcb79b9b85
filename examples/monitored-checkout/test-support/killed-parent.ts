// Starts the services, says where, and dies without a chance to clean up.
import { spawnServices } from '../services/spawn-services.ts';

const services = await spawnServices({ baseLatencyMs: 0 });
process.stdout.write(`${services.urls.payments}\n`, () => process.kill(process.pid, 'SIGKILL'));
