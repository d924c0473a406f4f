"""Tests of the policy evaluation."""
