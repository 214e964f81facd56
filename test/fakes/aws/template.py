# SPDX-License-Identifier: Apache-2.0
"""CloudFormation templates as values: read, parameters checked, conditions and functions worked out. No calls, no state."""
import ipaddress
import json
import re

import yaml

ABSENT = object()  # what AWS::NoValue stands for


class Invalid(Exception):
    """CloudFormation would refuse the template or the parameters, in words like these."""


class _Loader(yaml.SafeLoader):
    def compose_node(self, parent, index):
        if self.check_event(yaml.AliasEvent):
            raise Invalid("Template format error: YAML aliases are not allowed in CloudFormation templates")
        return super().compose_node(parent, index)


def _short_form(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)
# A version such as 2012-10-17 stays text.
_Loader.yaml_implicit_resolvers = {first: [one for one in those if one[0] != "tag:yaml.org,2002:timestamp"] for first, those in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def load(text):
    if len(text.encode()) > 51_200:
        raise Invalid("'templateBody' failed to satisfy constraint: Member must have length less than or equal to 51200")
    try:
        template = yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise Invalid(f"Template format error: YAML not well-formed. {error}") from None
    if not isinstance(template, dict) or not template.get("Resources"):
        raise Invalid("Template format error: At least one Resources member must be defined.")
    return template


def parameters(template, given):
    """Every parameter with its value, text. `given`: name -> text."""
    declared = template.get("Parameters", {})
    unknown = sorted(set(given) - set(declared))
    if unknown:
        raise Invalid(f"Parameters: {unknown} do not exist in the template")
    missing = [name for name, how in declared.items() if name not in given and "Default" not in how]
    if missing:
        raise Invalid(f"Parameters: {missing} must have values")
    values = {name: str(given.get(name, how.get("Default"))) for name, how in declared.items()}
    for name, how in declared.items():
        _check_parameter(name, how, values[name])
    return values


def _check_parameter(name, how, value):
    def refuse(words):
        raise Invalid(f"Parameter '{name}' {how.get('ConstraintDescription') and 'must be ' + how['ConstraintDescription'] or words}")

    if "AllowedPattern" in how and not re.fullmatch(how["AllowedPattern"], value):
        refuse(f"must match pattern {how['AllowedPattern']}")
    if "AllowedValues" in how and value not in [str(one) for one in how["AllowedValues"]]:
        refuse(f"must be one of AllowedValues {how['AllowedValues']}")
    if not how.get("MinLength", 0) <= len(value) <= how.get("MaxLength", 4096):
        refuse("has the wrong length")
    if how["Type"] == "Number":
        if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
            refuse("must be a number")
        if not how.get("MinValue", float(value)) <= float(value) <= how.get("MaxValue", float(value)):
            refuse("must be within its limits")


class Scope:
    """What names mean while a template is worked out. `made`: logical id -> object with `id` and `attributes`."""

    def __init__(self, template, values, pseudo, made):
        self.template, self.values, self.pseudo, self.made = template, values, pseudo, made
        self._conditions = {}

    def holds(self, name):
        if name not in self._conditions:
            if name not in self.template.get("Conditions", {}):
                raise Invalid(f"Template error: unresolved condition dependency {name}")
            self._conditions[name] = self._truth(self.template["Conditions"][name])
        return self._conditions[name]

    def _truth(self, rule):
        (name, value), = rule.items()
        if name == "Condition":
            return self.holds(value)
        if name == "Fn::Equals":
            left, right = (self.resolve(one) for one in value)
            return str(left) == str(right)
        parts = [self._truth(one) for one in value]
        return {"Fn::Not": lambda: not parts[0], "Fn::And": lambda: all(parts), "Fn::Or": lambda: any(parts)}[name]()

    def resolve(self, node):
        """The node with everything worked out; what is absent is left out."""
        if isinstance(node, list):
            return [value for value in map(self.resolve, node) if value is not ABSENT]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            (name, value), = node.items()
            if name == "Ref":
                return self.ref(value)
            if name.startswith("Fn::"):
                return self._function(name.removeprefix("Fn::"), value)
        resolved = {name: self.resolve(value) for name, value in node.items()}
        return {name: value for name, value in resolved.items() if value is not ABSENT}

    def ref(self, name):
        if name == "AWS::NoValue":
            return ABSENT
        for known in (self.pseudo, self.values):
            if name in known:
                return known[name]
        return self._made(name).id

    def attribute(self, name, attribute):
        attributes = self._made(name).attributes
        if attribute not in attributes:
            raise Invalid(f"Template error: resource {name} does not support attribute type {attribute} in Fn::GetAtt")
        return attributes[attribute]

    def _made(self, name):
        if name not in self.made:
            raise Invalid(f"Template format error: Unresolved resource dependencies [{name}]")
        return self.made[name]

    def _function(self, name, value):
        if name == "If":
            return self.resolve(value[1] if self.holds(value[0]) else value[2])
        if name == "Sub":
            return self._sub(value)
        if name == "GetAtt":
            return self.attribute(*value)
        value = self.resolve(value)
        if name == "Join":
            return value[0].join(map(str, value[1]))
        if name == "Split":
            return value[1].split(value[0])
        if name == "Select":
            return value[1][int(value[0])]
        if name == "GetAZs":
            return [f"{value or self.pseudo['AWS::Region']}{zone}" for zone in "abc"]
        if name == "Cidr":
            return [str(one) for _, one in zip(range(int(value[1])), ipaddress.ip_network(value[0]).subnets(new_prefix=32 - int(value[2])))]
        if name == "FindInMap":
            return self.template["Mappings"][value[0]][value[1]][value[2]]
        if name == "ToJsonString":
            return json.dumps(value)
        raise Invalid(f"Template error: Fn::{name} is not modelled")

    def _sub(self, value):
        text, own = (value, {}) if isinstance(value, str) else value

        def replace(match):
            name = match[1]
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in own:
                return str(self.resolve(own[name]))
            return str(self.attribute(*name.split(".", 1)) if "." in name else self.ref(name))

        return re.sub(r"\$\{([^}]+)\}", replace, text)

    def needs(self, node):
        """Logical ids that a node refers to, in the branches that count."""
        found = set()
        if isinstance(node, list):
            return found.union(*map(self.needs, node)) if node else found
        if not isinstance(node, dict):
            return found
        for name, value in node.items():
            if name == "Ref":
                found.add(value)
            elif name == "Fn::GetAtt":
                found.add(value[0])
            elif name == "Fn::If":
                found |= self.needs(value[1] if self.holds(value[0]) else value[2])
            elif name == "Fn::Sub":
                text, own = (value, {}) if isinstance(value, str) else value
                found |= {one.split(".")[0] for one in re.findall(r"\$\{([^!}]+)\}", text)} | self.needs(own)
            else:
                found |= self.needs(value)
        return found & set(self.template["Resources"])


def in_order(scope):
    """The resources whose conditions hold, each after what it needs."""
    resources = scope.template["Resources"]
    wanted = [name for name, one in resources.items() if "Condition" not in one or scope.holds(one["Condition"])]
    order, under_way = [], []

    def visit(name):
        if name in order:
            return
        if name in under_way:
            raise Invalid(f"Circular dependency between resources: [{', '.join(under_way[under_way.index(name):])}]")
        if name not in resources:
            raise Invalid(f"Template format error: Unresolved resource dependencies [{name}] in the Resources block of the template")
        if name not in wanted:
            return
        under_way.append(name)
        after = resources[name].get("DependsOn", [])
        for one in sorted(scope.needs(resources[name].get("Properties", {}))) + ([after] if isinstance(after, str) else after):
            visit(one)
        under_way.pop()
        order.append(name)

    for name in wanted:
        visit(name)
    return order
