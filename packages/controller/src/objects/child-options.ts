/** What a controller may say of a child that it writes. */
import type { KubeObject } from '@kubewright/api';
import type { ApplyObject } from '@kubewright/informer';

/** The part of a child that its controller wants to own, with what names its kind. */
export type PartialChild<C extends KubeObject> = ApplyObject<C> & {
  readonly apiVersion: string;
  readonly kind: string;
};

/** Options of a write to a child. */
export interface ChildOptions {
  /** Whether the reconciled object becomes the child's controller: its deletion deletes the child. Default: true. */
  readonly owned?: boolean;
}

export interface ApplyOptions extends ChildOptions {
  /**
   * Whether a child that exists and has no controller becomes this object's: its deletion then deletes it. A child of another
   * controller is never taken. Without meaning where `owned` is false. Default: false.
   */
  readonly adopt?: boolean;
  /**
   * Whether fields that another manager has set to something else are set back and taken. Right for a child that nobody
   * else has a say in; wrong where people or an autoscaler may set the field. Default: false.
   */
  readonly force?: boolean;
}
