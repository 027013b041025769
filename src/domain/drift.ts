/** What an observation says when the route in force is not the one that the release set, and no newer release did it. */
export const changedByHand = 'the route was changed by hand';
