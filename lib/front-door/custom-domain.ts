import { Token } from 'aws-cdk-lib';
import { CfnApiMapping, DomainName, SecurityPolicy } from 'aws-cdk-lib/aws-apigatewayv2';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { ARecord, type IHostedZone, PrivateHostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { ApiGatewayv2DomainProperties } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import { BroughtResourceError, expectHere } from '../brought-resource.ts';
import type { IFrontDoor } from './front-door.ts';

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
  /**
   * Turns the URL of API Gateway off, so that webhooks come through the domain alone.
   * @default false
   */
  readonly disableExecuteApiEndpoint?: boolean;
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
    // No mapping key, because it would be part of the signed path, and reports differ on how API Gateway passes it on.
    const { apiId, stage } = frontDoor;
    const mapping = new CfnApiMapping(this, 'Mapping', { domainName: domain.name, apiId, stage: stage.stageName });
    // The name of an HTTP API's stage is plain text, which does not make CloudFormation wait for the stage.
    mapping.node.addDependency(stage);
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
