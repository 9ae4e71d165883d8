"""List prices of AWS: US dollars in us-east-1, November 2025, without free tiers and discounts.

Other Regions differ by some percent. Sources: the pricing pages of Step Functions (Standard workflows),
Lambda (arm64), DynamoDB (on-demand, standard tables), EventBridge (custom events), EC2 (on-demand, Linux).
"""

REGION, AS_OF = "us-east-1", "2025-11"
STATE_TRANSITION = 25.00 / 1_000_000
LAMBDA_REQUEST = 0.20 / 1_000_000
LAMBDA_GB_SECOND = 0.0000133334
DYNAMODB_WRITE = 0.625 / 1_000_000
DYNAMODB_READ = 0.125 / 1_000_000
CUSTOM_EVENT = 1.00 / 1_000_000
INSTANCE_TYPE, INSTANCE_HOUR = "t4g.micro", 0.0084

# A warm step of a rollout on Lambda: memory as in template.yaml, the time mostly spent waiting for AWS.
LAMBDA_GB, LAMBDA_SECONDS = 0.5, 0.5
