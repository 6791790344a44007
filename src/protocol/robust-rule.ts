/** How a task folds the updates of its groups (src/aggregation/robust, a file each). */
export type RobustRule =
  /** weighted mean: no defence by itself, for tasks that leave it to the votes */
  | { readonly kind: 'mean' }
  | { readonly kind: 'median' }
  /** leaves out that many groups on either side of each coordinate, or as many as leave one */
  | { readonly kind: 'trimmed-mean'; readonly trim: number }
  | { readonly kind: 'norm-bound' };
