/** Events of both groups, which are one kind of stored object under two names of its fields. */
import type { JsonObject } from '@kubewright/api';
import { objectAt, textAt } from '../fields/fields.js';
import type { Behavior } from '../strategy/behavior.js';

const involved = (key: string) => (event: JsonObject) =>
  textAt(objectAt(event, 'involvedObject') ?? objectAt(event, 'regarding'), key);
const source = (event: JsonObject): string =>
  textAt(objectAt(event, 'source') ?? objectAt(event, 'deprecatedSource'), 'component') || reporter(event);
const reporter = (event: JsonObject): string =>
  textAt(event, 'reportingComponent') || textAt(event, 'reportingController');

export const event: Behavior = {
  group: '',
  version: 'v1',
  kind: 'Event',
  allowCreateOnUpdate: true,
  selectable: {
    'involvedObject.kind': involved('kind'),
    'involvedObject.namespace': involved('namespace'),
    'involvedObject.name': involved('name'),
    'involvedObject.uid': involved('uid'),
    'involvedObject.apiVersion': involved('apiVersion'),
    'involvedObject.resourceVersion': involved('resourceVersion'),
    'involvedObject.fieldPath': involved('fieldPath'),
    reason: (object) => textAt(object, 'reason'),
    reportingComponent: reporter,
    source,
    type: (object) => textAt(object, 'type'),
  },
  validate(object, errors) {
    const namespace = textAt(objectAt(object, 'metadata'), 'namespace');
    const about = textAt(objectAt(object, 'involvedObject'), 'namespace');
    if (about !== '' ? about !== namespace : namespace !== 'default' && namespace !== '') {
      errors.invalid('involvedObject.namespace', about, 'does not match event.namespace');
    }
  },
};

/** The most that a note may hold, in bytes. */
const maximumNote = 1024;

export const eventsEvent: Behavior = {
  ...event,
  group: 'events.k8s.io',
  version: 'v1',
  validate(object, errors) {
    const namespace = textAt(objectAt(object, 'metadata'), 'namespace');
    const about = textAt(objectAt(object, 'regarding'), 'namespace');
    if (about !== '' ? about !== namespace : namespace !== 'default' && namespace !== '') {
      errors.invalid('involvedObject.namespace', about, 'does not match event.namespace');
    }
    // Objects that come from the older interface have no event time, and are held to no more than it held them.
    if (textAt(object, 'eventTime') === '') return;
    for (const key of ['reportingController', 'reportingInstance', 'action', 'reason']) {
      if (textAt(object, key) === '') errors.required(key);
    }
    errors.oneOf('type', object['type'], ['Normal', 'Warning']);
    if (Buffer.byteLength(textAt(object, 'note')) > maximumNote)
      errors.invalid('note', '', `can have at most ${maximumNote} characters`);
  },
};
