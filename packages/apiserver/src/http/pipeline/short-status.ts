import type { StatusError } from '@kubewright/api';

type Status = ReturnType<StatusError['toStatus']>;

/** Characters of a message, and of a cause; and causes that are told. */
const longestMessage = 64 * 1024;
const longestText = 4096;
const mostCauses = 100;

/** An error without what would make it long: it shows what was sent, and may do so many times over. */
export function shortStatus(status: Status): Status {
  const { message = '', details } = status;
  const causes = details?.causes?.slice(0, mostCauses).map((cause) => ({
    ...cause,
    ...(cause.message === undefined ? {} : { message: shortened(cause.message, longestText) }),
    ...(cause.field === undefined ? {} : { field: shortened(cause.field, longestText) }),
  }));
  return {
    ...status,
    message: shortened(message, longestMessage),
    ...(details === undefined ? {} : { details: { ...details, ...(causes === undefined ? {} : { causes }) } }),
  };
}

function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}
