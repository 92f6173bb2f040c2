// What only the node can do: end a container's processes with SIGKILL, as the kernel does when
// memory runs out. Nothing inside the container hears of it.
import type { ApiObject } from '../../support/control-plane-client.ts';
import { type Cluster, clusterTool } from './cluster.ts';

/** Ends the first container of a pod with SIGKILL. */
export async function killContainer(cluster: Cluster, pod: ApiObject): Promise<void> {
  const id = pod.status?.containerStatuses?.[0]?.containerID?.replace('containerd://', '');
  if (!id) throw new Error(`pod ${pod.metadata.name} has no container to kill`);
  const kill = ['ctr', '--namespace', 'k8s.io', 'tasks', 'kill', '--signal', 'SIGKILL', id];
  await clusterTool('node', cluster.name, ...kill);
}

/** A file system of the node's own, which a PersistentVolume offers. */
export interface NodeVolume {
  readonly name: string;
  /** Makes it larger while no pod uses it, as a class does that cannot while one does. */
  grow(sizeMib: number): Promise<void>;
  /** Takes it away, once nobody uses it any more. */
  remove(): Promise<void>;
}

/** Makes an ext4 file system of this size in a file of the node, and a volume without a class. */
export async function makeNodeVolume(
  cluster: Cluster,
  name: string,
  sizeMib: number,
): Promise<NodeVolume> {
  const [image, folder] = [`/var/lib/${name}.img`, `/var/lib/${name}`];
  const onNode = (script: string) =>
    clusterTool('node', cluster.name, 'sh', '-ec', script).then(() => {});
  await onNode(
    `truncate -s ${sizeMib}M ${image}; mkfs.ext4 -q ${image}
     mkdir -p ${folder}; mount -o loop ${image} ${folder}`,
  );
  const path = '/api/v1/persistentvolumes';
  const spec = {
    capacity: { storage: `${sizeMib}Mi` },
    accessModes: ['ReadWriteOnce'],
    persistentVolumeReclaimPolicy: 'Retain',
    local: { path: folder },
    nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [ANY_NODE] }] } },
  };
  const { status, body } = await cluster.call('POST', path, { metadata: { name }, spec });
  if (status !== 201) throw new Error(`cannot make volume ${name}: ${status} ${body.message}`);
  return {
    name,
    grow: (largerMib) =>
      onNode(
        // what is mounted can be grown only with a right that a machine may withhold
        `umount ${folder}; truncate -s ${largerMib}M ${image}
         e2fsck -fp ${image}; resize2fs ${image}; mount -o loop ${image} ${folder}`,
      ),
    remove: async () => {
      await cluster.call('DELETE', `${path}/${name}`);
      // lazily, since a pod that ends may not have let go of it yet
      await onNode(`umount --lazy ${folder}; rmdir ${folder}; rm ${image}`);
    },
  };
}

/** The cluster has one. */
const ANY_NODE = { key: 'kubernetes.io/hostname', operator: 'Exists' };
