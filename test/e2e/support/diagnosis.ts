// What the cluster says of a namespace in which a test failed: objects, conditions, events, and the
// ends of the logs. Printed, so that a failure far away can be understood.
import { kubectl } from '../../support/control-plane-kubectl.ts';
import { type Cluster, OPERATOR_NAME, OPERATOR_NAMESPACE } from './cluster.ts';

const LOG_LINES = '25';
const SELECTOR = 'app.kubernetes.io/name=dumbkv';

/** The text to print. */
export async function describeGround(ground: {
  namespace: string;
  cluster: Cluster;
}): Promise<string> {
  const { namespace, cluster } = ground;
  const here = ['--namespace', namespace];
  const operator = ['--namespace', OPERATOR_NAMESPACE];
  const questions = [
    [...here, 'get', 'dumbkv,deployments,pods,pvc,services', '--output', 'wide'],
    [...here, 'get', 'dumbkv', '--output', 'jsonpath={.items[*].status.conditions}'],
    [...here, 'get', 'events', '--sort-by', '.metadata.creationTimestamp'],
    [...here, 'logs', '--selector', SELECTOR, '--tail', LOG_LINES, '--prefix'],
    [...operator, 'get', 'pods', '--output', 'wide'],
    [...operator, 'logs', `deployment/${OPERATOR_NAME}`, '--tail', LOG_LINES],
  ];
  const answers = await Promise.all(
    questions.map(async (args) => {
      const { stdout, stderr } = await kubectl(cluster, args);
      return `  $ kubectl ${args.join(' ')}\n${stdout}${stderr}\n`;
    }),
  );
  return `\nWhat the cluster says of ${namespace}:\n${answers.join('')}`;
}
