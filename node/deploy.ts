/** Puts what training needs on a chain: token, beacon verifier, coordinator. A second run changes nothing and gives the same addresses. */
import { type Addresses, addressesFor, creationCode, type DeployParameters } from '../contracts-abi/addresses.ts';
import { Deployer, type DeployerOptions } from './deployer.ts';

export interface DeployOptions extends DeployerOptions {
  readonly parameters: DeployParameters;
}

/**
 * Nothing of the deployment belongs to the account that pays for it.
 * @returns where the contracts are
 * @throws MurmurError unsupported when the chain lacks the deployment proxy, unreachable when no endpoint answers,
 * internal when a deployment leaves no code behind
 */
export async function deploy(options: DeployOptions): Promise<Addresses> {
  const deployer = await Deployer.connect(options);
  const addresses = addressesFor(options.parameters);
  const code = creationCode(options.parameters);
  for (const name of ['flock', 'beacon', 'coordinator'] as const) {
    await deployer.put(name, addresses[name], code[name]);
  }
  return addresses;
}
