import { Token } from 'aws-cdk-lib';
import { CfnApiMapping, DomainName, type IDomainName, SecurityPolicy } from 'aws-cdk-lib/aws-apigatewayv2';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { ARecord, type IHostedZone, PrivateHostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { ApiGatewayv2DomainProperties } from 'aws-cdk-lib/aws-route53-targets';
import { Construct, type IConstruct } from 'constructs';
import { BroughtResourceError, expectHere } from '../brought-resource.ts';
import { callbackPathShape, type IFrontDoor } from './front-door.ts';

/** Your own domain name. */
export interface CustomDomainOptions {
  readonly domainName: string;
  /** For `domainName`, in the region of the stack. */
  readonly certificate: ICertificate;
  /**
   * Gets an alias record for the domain name.
   * @default - no record is made: point your own at `target`
   */
  readonly hostedZone?: IHostedZone;
}

/** A path of a domain name of API Gateway that you have, perhaps with other APIs. */
export interface DomainMappingOptions {
  readonly domainName: IDomainName;
  /**
   * Path between the domain name and the callback path, such as `hooks` or `hooks/v1`, of letters, digits and `. _ ~ -`.
   * @default - none: no other API can have the rest of the domain's paths
   */
  readonly mappingKey?: string;
}

/** Properties of a custom domain. */
export interface CustomDomainProps extends CustomDomainOptions {
  /** Where requests go. Changing it changes no URL. */
  readonly frontDoor: IFrontDoor;
}

/** A domain name for either kind of front door. The signed path is the callback path, without any prefix. */
export class CustomDomain extends Construct {
  /** Without a slash at the end. */
  readonly url: string;
  /** Host name that a DNS record of the domain must point at. */
  readonly target: string;

  constructor(scope: Construct, id: string, { domainName, certificate, hostedZone, frontDoor }: CustomDomainProps) {
    super(scope, id);
    expectHere(this, 'Certificate', { arn: certificate.certificateArn, env: certificate.env }, ['region', 'account']);
    if (hostedZone) expectZoneOf(domainName, hostedZone);
    const domain = new DomainName(this, 'Name', { domainName, certificate, securityPolicy: SecurityPolicy.TLS_1_2 });
    mapDomain(this, domain, frontDoor);
    if (hostedZone) {
      const target = new ApiGatewayv2DomainProperties(domain.regionalDomainName, domain.regionalHostedZoneId);
      // The dot at the end makes the name complete, so that the zone's own name need not be known.
      new ARecord(this, 'Record', {
        zone: hostedZone,
        recordName: `${domainName}.`,
        target: RecordTarget.fromAlias(target),
      });
    }
    this.url = `https://${domainName}`;
    this.target = domain.regionalDomainName;
  }
}

/**
 * Leads a domain name, or a path of it, to the front door.
 *
 * @returns the URL without a slash at the end
 * @throws {BroughtResourceError} for a mapping key that somebody could rewrite: it is part of the signed path
 */
export function mapDomain(scope: Construct, domain: IDomainName, frontDoor: IFrontDoor, mappingKey?: string): string {
  if (mappingKey !== undefined && !callbackPathShape.test(`/${mappingKey}`)) {
    throw new BroughtResourceError(
      `Mapping key "${mappingKey}" would not stay as it is in the signed path: use letters, digits and . _ ~ -`,
    );
  }
  const { apiId, stage } = frontDoor;
  const apiMappingKey = mappingKey;
  const properties = { domainName: domain.name, apiId, stage: stage.stageName, apiMappingKey };
  const mapping = new CfnApiMapping(scope, 'Mapping', properties);
  // The name of an HTTP API's stage is plain text, which does not make CloudFormation wait for the stage.
  mapping.node.addDependency(stage);
  return `https://${domain.name}${mappingKey === undefined ? '' : `/${mappingKey}`}`;
}

/** What says under which names a front door can be reached. */
interface DomainOptions {
  readonly domain?: CustomDomainOptions;
  readonly domainMapping?: DomainMappingOptions;
  readonly disableExecuteApiEndpoint?: boolean;
}

/** @throws {BroughtResourceError} when no URL would be left, or there would be two */
export function expectOneDomain({ node }: IConstruct, options: DomainOptions): void {
  const { domain, domainMapping, disableExecuteApiEndpoint } = options;
  if (domain && domainMapping)
    throw new BroughtResourceError(`${node.path} has a domain and a domainMapping: leave one of them out.`);
  if (disableExecuteApiEndpoint && !domain && !domainMapping)
    throw new BroughtResourceError(`${node.path} has no URL without that of API Gateway: give it a domain.`);
}

/** @throws {BroughtResourceError} when no record in the zone can lead MessageMedia to the domain */
function expectZoneOf(domainName: string, zone: IHostedZone): void {
  const name = nameOf(zone);
  if (name !== undefined && domainName !== name && !domainName.endsWith(`.${name}`)) {
    throw new BroughtResourceError(
      `Domain ${domainName} is not in the hosted zone ${name}: give the zone of the domain, or leave it out and make a record yourself.`,
    );
  }
  if (zone instanceof PrivateHostedZone) {
    throw new BroughtResourceError(
      `Hosted zone ${zone.node.path} is private, so MessageMedia cannot find ${domainName}: give a public zone.`,
    );
  }
}

/** Without a dot at its end; `undefined` for a zone that was imported by its id alone. */
function nameOf(zone: IHostedZone): string | undefined {
  try {
    return Token.isUnresolved(zone.zoneName) ? undefined : zone.zoneName.replace(/\.$/, '');
  } catch {
    return undefined;
  }
}
