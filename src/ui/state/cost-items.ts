/** What a training round asks of a machine, as names and values. */
import type { CostView } from '../../../workers/api/tasks.ts';
import { formatBytes, formatCount } from '../format.ts';
import { costWords as text } from '../words/task-terms.ts';

export function costItems({ weights, stepMultiplyAdds, memoryBytes, sentBytes }: CostView) {
  return [
    { name: text.weights, value: formatCount(weights) },
    { name: text.multiplyAdds, value: formatCount(stepMultiplyAdds) },
    { name: text.memory, value: formatBytes(memoryBytes) },
    { name: text.sent, value: formatBytes(sentBytes) },
  ];
}
