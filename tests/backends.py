"""Tests that Keras on JAX or torch leaves out, by name, each with its reason.

A name is that of a test with its parameters or without them. What fails there and does not stand
here is a fault.
"""

from __future__ import annotations

from collections.abc import Mapping

_OWN_OPTIMUM = "the optimum of a loss that is not modelled is found on TensorFlow alone"
_SEED = "TensorFlow alone replays one permutation under a global seed"
_ROUNDING = "torch's Adam, AdamW and Nadam round otherwise: 4e-6 apart in weights of size 1"
_CALLS = "its data set is one of TensorFlow, and its steps are made a hundred a call"
_LOGITS = "TensorFlow alone takes the logits from before a sigmoid"
_WEIGHTS = "the program names sample_weight there, of ones where there are none"
_FIRST = "what is tried first there is a loss of logits"
_TENSORFLOW = "it is about TensorFlow"
_SAVED_MODEL = "Keras writes and reads a SavedModel by TensorFlow alone"
_NAN = "torch refuses probabilities that are NaN: the candidate cannot be trained"

#: On both; on JAX nothing else.
OFF_TENSORFLOW: Mapping[str, str] = {
    "test_batches_replay_one_permutation_under_a_global_seed": _SEED,
    "test_global_seed_makes_a_short_last_batch_weigh_more": _SEED,
    "test_seed_none_is_plain_fit": _TENSORFLOW,
    "test_a_check_leaves_the_process_as_it_was": _TENSORFLOW,
    "test_global_state_is_left_alone": _TENSORFLOW,
    "test_one_long_epoch_leaves_the_weights_of_many[{}-True]": _TENSORFLOW,
    "test_decay_of_sgd_trains_to_the_optimum_that_is_read": _CALLS,
    "test_a_seed_that_the_function_sets_does_not_stay": _TENSORFLOW,
    "test_global_random_states_are_left_alone": _TENSORFLOW,
    "test_a_custom_loss_is_minimised_without_a_certificate": _OWN_OPTIMUM,
    "test_models_that_have_no_certified_optimum_are_refused[constraint]": _OWN_OPTIMUM,
    "test_settings_beside_a_loss_that_is_not_modelled_are_named": _OWN_OPTIMUM,
    "test_a_head_without_its_link_is_told_to_have_one": _OWN_OPTIMUM,
    "test_what_is_no_log_loss_of_its_outputs_is_the_cause": _OWN_OPTIMUM,
    "test_a_count_model_in_the_place_of_a_ridge": _OWN_OPTIMUM,
    "test_huber_is_a_loss_of_its_own_and_a_sigmoid_a_head": _OWN_OPTIMUM,
    "test_a_planted_difference_is_told_and_none_that_is_innocent[diabetes-absolute error]": (
        _OWN_OPTIMUM
    ),
    "test_sigmoid_with_from_logits_is_the_log_loss_on_tensorflow": _LOGITS,
    "test_callbacks_are_left_to_fit": _FIRST,
    "test_a_saved_model_is_asked": _SAVED_MODEL,
    "test_source_asks_for_weights_only_where_there_are_any": _WEIGHTS,
}
ON_TORCH: Mapping[str, str] = {
    "test_weights_that_became_nan_are_explained_like_others": _NAN,
    "test_training_goes_on_from_the_state_of_the_optimizer[Nadam]": _ROUNDING,
    "test_every_optimizer_ends_where_fit_ends[breast_cancer-64-0.003-None]": _ROUNDING,
    "test_every_optimizer_ends_where_fit_ends[iris-32-0.003-None]": _ROUNDING,
    "test_learning_rates_and_schedules_of_one_stack_stay_apart": _ROUNDING,
    "test_every_remedy_trains_as_fit_does[schedule]": _ROUNDING,
}


def left_out(backend: str) -> Mapping[str, str]:
    """Return what a backend of Keras leaves out."""
    if backend == "tensorflow":
        return {}
    return {**OFF_TENSORFLOW, **ON_TORCH} if backend == "torch" else OFF_TENSORFLOW
