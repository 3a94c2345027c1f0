import { Clock, Host, Plugin, extensionPoint, inject, multiInject } from '@kubewright/core';
import type { ExtensionPoint, Lifecycle } from '@kubewright/core';

export interface Greeting {
  text(now: number): string;
}
export const Greeting: ExtensionPoint<Greeting> = extensionPoint('@example/greeter/Greeting');

@Plugin({ name: 'time', contributes: [Greeting] })
export class Time implements Greeting {
  text = (now: number): string => `it is ${new Date(now).toISOString()}`;
}

@Plugin({ name: 'greeter' })
export class Greeter implements Lifecycle {
  said: readonly string[] = [];

  constructor(
    @inject(Clock) private readonly clock: Clock,
    @multiInject(Greeting) private readonly greetings: readonly Greeting[],
  ) {}

  async start(): Promise<void> {
    this.said = this.greetings.map((greeting) => greeting.text(this.clock.now()));
  }
}

await using host = await new Host().use([Greeter, Time]).start();
process.stdout.write(`${host.get(Greeter).said.join('\n')}\n`);
