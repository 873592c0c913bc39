"""What trainings are reckoned to take, in seconds on an idle machine of two cores.

Reckoned, not measured: what a check tries must not depend on how busy the machine is.
"""

from __future__ import annotations

#: Keras's ``fit`` in one pass (3.15 on TensorFlow 2.21): to begin, and a step.
FIT_START, FIT_STEP = 0.4, 0.0008
#: What an ordinary ``fit`` takes more for each epoch.
FIT_EPOCH = 0.035
#: What Keras takes for each number of a row that it is fed.
FIT_NUMBER = 2e-9
#: A step of the array loop (numpy 2.4, one BLAS thread), and what each variant adds to it: a
#: constant, and a product of a row's value with a weight. Measured by Adam on 569 x 30: 15 and 18
#: microseconds a step for one variant and three on batches of 32, 38 for sixteen; 33, 68 and 274
#: on full batches.
LOOP_STEP, LOOP_VARIANT, LOOP_PRODUCT = 1.4e-5, 6e-7, 8e-10
#: Values and gradients of Keras in the training to the optimum, and what whitening adds to one for
#: each square of a parameter: two triangular solves (3.6 ms at 610 parameters).
EVALUATIONS, WHITENED_SQUARE = 300, 1e-8
#: A number of a row in a pass over rows that are not held.
PASSED_NUMBER = 5e-9

#: Predicting once, a product of a row's value with a weight, and what each prediction adds.
#: Measured on one BLAS thread: 0.06 ms for 569 x 30, 2.3 for 20000 x 50, 1.3 for digits, 13 for
#: 20000 x 100 of ten classes.
PREDICT_START, PREDICT_PRODUCT, PREDICT_OUTPUT = 6e-5, 8e-10, 6e-8


def fit_seconds(steps: int, epochs: int = 0) -> float:
    """Return the seconds of a ``fit`` of so many steps.

    Parameters
    ----------
    epochs : int
        Those that are paid for one by one; 0: all batches of all epochs make one epoch.
    """
    return FIT_START + FIT_STEP * steps + FIT_EPOCH * epochs


def feeding_seconds(n_features: int) -> float:
    """Return the seconds that a row of a batch takes in a ``fit``, which counts in large ones."""
    return FIT_NUMBER * n_features


def minimising_seconds(n_parameters: int) -> float:
    """Return the seconds of minimising a Keras model's own objective by L-BFGS, whitened."""
    return FIT_START + EVALUATIONS * (FIT_STEP + WHITENED_SQUARE * n_parameters**2)


def passing_seconds(n_numbers: int) -> float:
    """Return the seconds of reading so many numbers once, beside what is multiplied with them."""
    return PASSED_NUMBER * n_numbers


def loop_seconds(steps: int, n_variants: int, n_products: int) -> float:
    """Return the seconds of so many steps of the array loop.

    Parameters
    ----------
    n_products : int
        Rows a step times weights of one variant.
    """
    return steps * (LOOP_STEP + n_variants * (LOOP_VARIANT + n_products * LOOP_PRODUCT))


def prediction_seconds(n_rows: int, n_features: int, n_outputs: int) -> float:
    """Return the seconds of predicting rows once by a linear model, and of comparing that."""
    a_row = n_outputs * (n_features * PREDICT_PRODUCT + PREDICT_OUTPUT)
    return PREDICT_START + n_rows * a_row
