import { DeploymentController } from '@kubewright/controllers';
import type { DeploymentAction, DeploymentSnapshot, ReplicaSetsOfDeployment } from '@kubewright/controllers';

/** Rolls nothing out before somebody has approved it; all else is as in the stock controller. */
export class ApprovedRollouts extends DeploymentController {
  protected override step(snapshot: DeploymentSnapshot, sets: ReplicaSetsOfDeployment): readonly DeploymentAction[] {
    const approved = snapshot.deployment.metadata.annotations?.['example.com/approved'] === 'true';
    return approved ? super.step(snapshot, sets) : [];
  }
}
