/** Goes to the form that calls the actor. False where there is none. */
export function focusCall(): boolean {
  const field = document.querySelector<HTMLElement>("#call-method");
  field?.focus();
  field?.scrollIntoView({ block: "center" });
  return field !== null;
}
