// Whose figures a page shows: of the whole group, or of this instance alone.
import { refine, route } from './route.js';

/** Whether a group has partitions that are not here. */
export const elsewhere = (processor) => Boolean(processor) && processor.partitions_total > processor.partitions_here;

/** {wide: the whole group is shown, choosable: it makes a difference, choose(text)} */
export function scopeOf(choosable) {
  return { choosable, wide: choosable && route.value.query.of !== 'here', choose: (of) => refine({ of: of === 'here' ? of : '' }) };
}
