/**
 * From a model and its examples to every layer's shapes and weights: a pure function, so that a form, the relay and a trainer agree on how
 * many weights a task has and where each lies. Shapes are those of one example, channels last.
 *
 * Guarantees: a model that passes {@link planModel} has shapes that fit, an output that fits the target, and sizes within the bounds below.
 * Not: that it learns.
 */
import { MurmurError } from '../core/errors.ts';
import { type DataSpec } from './data-spec.ts';
import { MAX_WEIGHTS } from './limits.ts';
import { type AdapterPlan, type Part, layerAdapter, layerPart, partsTrouble } from './model-parts.ts';
import { MAX_EXAMPLE, type Target, characterCodes, exampleShape, outputWidth, targetOf } from './target.ts';
import type { Activation, LayerSpec, ModelSpec } from './model-spec.ts';

/** Most numbers that a layer makes of one example: 16 MiB in float32. */
const MAX_LAYER_OUTPUT = 2 ** 22;

export type Shape = readonly number[];

/** A model and what it is for: a task's spec, or the shape of an example and what is to be learnt of it. */
export type ModelUse =
  | { readonly model: ModelSpec; readonly data: DataSpec }
  | {
      readonly model: ModelSpec;
      readonly shape: Shape;
      /** number of codes where an example is a text: its numbers are then whole and below it */
      readonly codes?: number | undefined;
      readonly target: Target;
    };

/**
 * What a tensor of weights is for, which decides how it begins and whether l2 shrinks it.
 * - kernel: [..., inputs, outputs] of a product; Glorot's uniform rule; shrunk by l2
 * - bias: begins at 0
 * - scale: begins at 1
 * - table: looked up by row; begins uniform in [−0.05, 0.05)
 * - zero-kernel: a kernel that begins at 0: an adapter's second, so that the adapted model begins as the one that it adapts
 */
export type ParameterRole = 'kernel' | 'bias' | 'scale' | 'table' | 'zero-kernel';

export interface Parameter {
  /** within the layer, e.g. kernel */
  readonly name: string;
  readonly shape: Shape;
  readonly role: ParameterRole;
  /** how many kernels lie side by side in the last axis, each with its own fan-out */
  readonly blocks: number;
  readonly part: Part;
  /** whether it is an adapter's: then no file of starting weights has it */
  readonly isAdapter: boolean;
}

/** What a layer's kind says of its weights. */
type OwnParameter = Omit<Parameter, 'part' | 'isAdapter'>;

export interface LayerPlan {
  readonly layer: LayerSpec;
  readonly input: Shape;
  readonly output: Shape;
  /** its own, then its adapter's A and B */
  readonly parameters: readonly Parameter[];
  readonly adapter?: AdapterPlan | undefined;
}

export interface ModelPlan {
  readonly layers: readonly LayerPlan[];
  /** shape of one example */
  readonly input: Shape;
  /** shape of its outputs: [units] or [steps, units] */
  readonly output: Shape;
  readonly target: Target;
  /** number of codes where an example is a text */
  readonly codes: number | undefined;
  /** weights in all */
  readonly weightCount: number;
  /** weights that all sites learn together */
  readonly sharedCount: number;
}

/**
 * Shapes and weights of all layers.
 * @throws MurmurError bad-input naming the layer (counted from 1) and, in `details.path`, its place in the spec
 */
export function planModel(use: ModelUse): ModelPlan {
  const { shape: input, codes, target } = 'data' in use ? ofData(use.data) : { codes: undefined, ...use };
  checkExample(input);
  const layers: LayerPlan[] = [];
  let shape = input;
  for (const [index, layer] of use.model.layers.entries()) {
    const at = new Place(index, layer);
    at.require(
      (layer.kind === 'embedding') === (index === 0 && codes !== undefined),
      codes === undefined || index > 0
        ? 'needs a text, it gets numbers'
        : 'needs numbers, it gets a text: begin with an embedding',
    );
    if (layer.kind === 'embedding')
      at.require(layer.codes === codes, `has ${layer.codes} codes, the texts have ${codes}`);
    const { output, parameters: own } = planLayer(layer, shape, at);
    at.require(
      sizeOf(output) <= MAX_LAYER_OUTPUT,
      `makes ${sizeOf(output)} numbers of an example, more than ${MAX_LAYER_OUTPUT}`,
    );
    layers.push({ layer, input: shape, output, ...withParts(use.model, index, own) });
    shape = output;
  }
  checkEnd(use.model, shape, target);
  checkParts(use.model, layers);
  const all = layers.flatMap(({ parameters }) => parameters);
  const weightCount = weightsOf(all);
  if (weightCount > MAX_WEIGHTS)
    throw modelError('model.layers', `the model has ${weightCount} weights, more than ${MAX_WEIGHTS}`);
  return {
    layers,
    input,
    output: shape,
    target,
    codes,
    weightCount,
    sharedCount: weightsOf(all.filter(({ part }) => part === 'shared')),
  };
}

/** Numbers of a shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

function weightsOf(parameters: readonly Parameter[]): number {
  return parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** A layer's weights with the part that each is of, and its adapter. */
function withParts(
  model: ModelSpec,
  index: number,
  own: readonly OwnParameter[],
): Pick<LayerPlan, 'parameters' | 'adapter'> {
  const part = layerPart(model, index);
  const adapter = layerAdapter(model, index);
  const parameters = own.map((parameter) => ({ ...parameter, part, isAdapter: false }));
  if (adapter === undefined) return { parameters };
  const [inputs = 0, units = 0] = own[0]?.shape ?? [];
  const { rank } = adapter;
  const shared = { part: 'shared', isAdapter: true } as const;
  const added: readonly Parameter[] = [
    { ...kernel('adapter.a', [inputs, rank]), ...shared },
    { ...kernel('adapter.b', [rank, units]), role: 'zero-kernel', ...shared },
  ];
  return { parameters: [...parameters, ...added], adapter };
}

function checkParts(model: ModelSpec, layers: readonly LayerPlan[]): void {
  const sizes = (isAdapter: boolean) =>
    layers.map(({ parameters }) => weightsOf(parameters.filter((parameter) => parameter.isAdapter === isAdapter)));
  const [path, what] = partsTrouble(model, { own: sizes(false), adapter: sizes(true) }) ?? [];
  if (path !== undefined) throw modelError(`model.${path}`, what ?? '');
}

/** Zeros before and after each line of a convolution's input, and places of its output, as TensorFlow counts them. */
export function convolutionExtent(
  length: number,
  size: number,
  stride: number,
  padding: 'same' | 'valid',
): { readonly before: number; readonly after: number; readonly places: number } {
  if (padding === 'valid') return { before: 0, after: 0, places: Math.floor((length - size) / stride) + 1 };
  const places = Math.ceil(length / stride);
  const zeros = Math.max((places - 1) * stride + size - length, 0);
  const before = Math.floor(zeros / 2);
  return { before, after: zeros - before, places };
}

function ofData(data: DataSpec): { shape: Shape; codes: number | undefined; target: Target } {
  return {
    shape: exampleShape(data),
    codes: data.kind === 'texts' ? characterCodes(data) : undefined,
    target: targetOf(data),
  };
}

function modelError(path: string, message: string): MurmurError {
  return new MurmurError('bad-input', message, {
    hint: 'Change the layers of the model and try again.',
    details: { path },
  });
}

/** A layer's place in the model, for messages. */
class Place {
  readonly #index: number;
  readonly #layer: LayerSpec;

  constructor(index: number, layer: LayerSpec) {
    this.#index = index;
    this.#layer = layer;
  }

  require(condition: boolean, what: string): void {
    if (condition) return;
    throw modelError(`model.layers.${this.#index}`, `layer ${this.#index + 1} (${this.#layer.kind}) ${what}`);
  }

  /** The shape as one of that many axes. */
  axes(shape: Shape, ...names: readonly string[]): void {
    this.require(shape.length === names.length, `needs [${names.join(', ')}], it gets [${shape.join(', ')}]`);
  }
}

function checkExample(shape: Shape): void {
  const fits =
    shape.length > 0 && shape.every((size) => Number.isInteger(size) && size >= 1) && sizeOf(shape) <= MAX_EXAMPLE;
  if (!fits) throw modelError('data', `an example of [${shape.join(', ')}] numbers is not in 1..${MAX_EXAMPLE}`);
}

const kernel = (name: string, shape: Shape, blocks = 1): OwnParameter => ({ name, shape, role: 'kernel', blocks });
const bias = (name: string, length: number): OwnParameter => ({ name, shape: [length], role: 'bias', blocks: 1 });
const scale = (name: string, length: number): OwnParameter => ({ name, shape: [length], role: 'scale', blocks: 1 });
const table = (name: string, shape: Shape): OwnParameter => ({ name, shape, role: 'table', blocks: 1 });

function planLayer(layer: LayerSpec, input: Shape, at: Place): { output: Shape; parameters: readonly OwnParameter[] } {
  const [first = 0, second = 0] = input;
  const channels = input.at(-1) as number;
  switch (layer.kind) {
    case 'dense': {
      const { units } = layer;
      return {
        output: [...input.slice(0, -1), units],
        parameters: [kernel('kernel', [channels, units]), bias('bias', units)],
      };
    }
    case 'conv2d': {
      at.axes(input, 'height', 'width', 'channels');
      const { filters, size, stride, padding } = layer;
      const places = [first, second].map((length) => convolutionExtent(length, size, stride, padding).places);
      at.require(
        places.every((count) => count >= 1),
        `has a kernel of ${size} x ${size}, its input is ${first} x ${second}`,
      );
      return {
        output: [...places, filters],
        parameters: [kernel('kernel', [size, size, channels, filters]), bias('bias', filters)],
      };
    }
    case 'conv1d': {
      at.axes(input, 'steps', 'channels');
      const { filters, size, stride, padding } = layer;
      const { places } = convolutionExtent(first, size, stride, padding);
      at.require(places >= 1, `has a kernel of ${size} steps, its input has ${first}`);
      return {
        output: [places, filters],
        parameters: [kernel('kernel', [size, channels, filters]), bias('bias', filters)],
      };
    }
    case 'max-pool': {
      at.axes(input, 'height', 'width', 'channels');
      const places = [first, second].map((length) => Math.floor(length / layer.size));
      at.require(
        places.every((count) => count >= 1),
        `has windows of ${layer.size} x ${layer.size}, its input is ${first} x ${second}`,
      );
      return { output: [...places, channels], parameters: [] };
    }
    case 'mean-pool':
    case 'max-over':
      at.require(
        input.length === 2 || input.length === 3,
        `needs [height, width, channels] or [steps, channels], it gets [${input.join(', ')}]`,
      );
      return { output: [channels], parameters: [] };
    case 'flatten':
      return { output: [sizeOf(input)], parameters: [] };
    case 'group-norm':
      at.axes(input, 'height', 'width', 'channels');
      at.require(channels % layer.groups === 0, `cannot part ${channels} channels into ${layer.groups} groups`);
      return { output: input, parameters: [scale('scale', channels), bias('offset', channels)] };
    case 'residual': {
      at.axes(input, 'height', 'width', 'channels');
      const { filters, stride, groups } = layer;
      at.require(filters % groups === 0, `cannot part ${filters} channels into ${groups} groups`);
      const places = [first, second].map((length) => convolutionExtent(length, 3, stride, 'same').places);
      return {
        output: [...places, filters],
        parameters: [
          kernel('first.kernel', [3, 3, channels, filters]),
          scale('first.scale', filters),
          bias('first.offset', filters),
          kernel('second.kernel', [3, 3, filters, filters]),
          scale('second.scale', filters),
          bias('second.offset', filters),
          ...(stride === 1 && channels === filters ? [] : [kernel('shortcut.kernel', [1, 1, channels, filters])]),
        ],
      };
    }
    case 'embedding': {
      at.axes(input, 'steps');
      const { codes, units } = layer;
      return {
        output: [first, units],
        parameters: [table('codes', [codes, units]), table('places', [first, units])],
      };
    }
    case 'gru': {
      at.axes(input, 'steps', 'channels');
      const { units, sequences } = layer;
      return {
        output: sequences ? [first, units] : [units],
        parameters: [
          kernel('kernel', [channels, 3 * units], 3),
          kernel('recurrent', [units, 3 * units], 3),
          bias('bias', 3 * units),
        ],
      };
    }
    case 'transformer': {
      at.axes(input, 'steps', 'channels');
      at.require(channels % layer.heads === 0, `cannot part ${channels} channels into ${layer.heads} heads`);
      const attended = layer.heads * first * first;
      at.require(
        attended <= MAX_LAYER_OUTPUT,
        `compares ${attended} pairs of an example, more than ${MAX_LAYER_OUTPUT}`,
      );
      return {
        output: input,
        parameters: [
          scale('attention.scale', channels),
          bias('attention.offset', channels),
          kernel('attention.kernel', [channels, 3 * channels], 3),
          bias('attention.bias', 3 * channels),
          kernel('attention.output.kernel', [channels, channels]),
          bias('attention.output.bias', channels),
          scale('mlp.scale', channels),
          bias('mlp.offset', channels),
          kernel('mlp.kernel', [channels, 4 * channels]),
          bias('mlp.bias', 4 * channels),
          kernel('mlp.output.kernel', [4 * channels, channels]),
          bias('mlp.output.bias', channels),
        ],
      };
    }
  }
}

/** The last layer is dense, with the target's outputs. */
function checkEnd(model: ModelSpec, output: Shape, target: Target): void {
  const index = model.layers.length - 1;
  const layer = model.layers[index];
  const units = outputWidth(target);
  const activation: Activation = target.kind === 'binary' ? 'sigmoid' : 'linear';
  const wanted = target.kind === 'next' ? [target.steps, units] : [units];
  if (layer?.kind !== 'dense' || layer.activation !== activation || layer.units !== units) {
    throw modelError(
      `model.layers.${index}`,
      `layer ${index + 1} (${layer?.kind ?? 'none'}): the last layer must be dense with ${units} ${activation} ${units === 1 ? 'unit' : 'units'}, because ${reason(target)}`,
    );
  }
  if (output.join() !== wanted.join()) {
    throw modelError(
      `model.layers.${index}`,
      `layer ${index + 1} (dense) makes [${output.join(', ')}] of an example, the task needs [${wanted.join(', ')}]`,
    );
  }
  if (target.kind !== 'next') return;
  for (const [i, each] of model.layers.entries()) {
    if (each.kind === 'transformer')
      new Place(i, each).require(each.causal, 'must be causal, because the task is to foretell the next character');
  }
}

function reason(target: Target): string {
  switch (target.kind) {
    case 'binary':
      return 'the label has two classes';
    case 'classes':
      return `the label has ${target.names.length} classes`;
    case 'value':
      return 'a number is to be foretold';
    case 'next':
      return `one of ${target.characters} characters is to be foretold`;
  }
}
